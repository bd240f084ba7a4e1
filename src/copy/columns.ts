type Kind = 'number' | 'text';

/** Every column of `orders`, in the order in which its values stand in a row. */
export const ORDERS = {
  seq: 'number',
  order_id: 'text',
  idempotency_key: 'text',
  user_id: 'text',
  total_amount: 'number',
  status: 'text',
  queue_seq: 'number',
  attempts: 'number',
  failures: 'number',
  interruptions: 'number',
  not_before: 'number',
  owner: 'text',
  lease_until: 'number',
  created_at: 'number',
  started_at: 'number',
  completed_at: 'number',
  updated_at: 'number',
  error: 'text',
  item_ids: 'text',
} as const satisfies Record<string, Kind>;

/** The same of `order_history`. */
export const HISTORY = {
  id: 'number',
  order_seq: 'number',
  at: 'number',
  from_status: 'text',
  to_status: 'text',
  attempt: 'number',
  reason: 'text',
} as const satisfies Record<string, Kind>;

/** The same of `order_keys`. */
export const KEYS = {
  idempotency_key: 'text',
  order_seq: 'number',
} as const satisfies Record<string, Kind>;

export type Columns = Record<string, Kind>;

/** One row's values, in the order of its columns. */
export type Row = (number | string | null)[];

/** A row as a driver gives it: a large integer is a number from one, and a text from another. */
export type GivenRow = Record<string, number | string | null>;

export const ORDER = places(ORDERS);
export const ENTRY = places(HISTORY);

/** Where in a row each column stands. */
function places<Name extends string>(columns: Record<Name, Kind>): Record<Name, number> {
  const entries = Object.keys(columns).map((name, index) => [name, index]);
  return Object.fromEntries(entries) as Record<Name, number>; // Object.keys forgets the keys' type
}

/** The same values from every driver. */
export function toRow(columns: [name: string, kind: Kind][], given: GivenRow): Row {
  return columns.map(([name, kind]) => {
    const value = given[name] ?? null;
    if (value === null) return null;
    if (kind === 'text') return String(value);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new Error(`${name} is ${value}, which is no whole number`);
    return number;
  });
}
