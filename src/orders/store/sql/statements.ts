import { STATUSES, isRedrive } from '../../../domain/order.status.js';
import type { TransitionRequest } from '../../../domain/order.transition.js';
import { asProperties, REQUESTED, orderColumns } from '../columns.js';

/** The columns of a new order that are not the same for all that are inserted with it. */
export const NEW_ORDER_COLUMNS = ['seq', 'queue_seq', ...REQUESTED.map(({ name }) => name)].join(', ');

/** What a repeat is told of an order, and what its content is compared with; null where the items are longer than `?`. */
const holder = (key: string, length: string) => {
  const column = (name: string) => {
    if (name === 'idempotency_key') return key;
    return name === 'item_ids' ? `CASE WHEN ${length}(item_ids) <= ? THEN item_ids END` : `orders.${name}`;
  };
  const compared = REQUESTED.filter(({ property }) => property !== 'traceParent');
  return `orders.seq, orders.status, ${asProperties(compared, column)}`;
};

/**
 * The orders whose id is in one list or whose key is in another. `inList` takes the list. Parameters: the length, ids, the
 * length, keys, the length, keys.
 */
export const selectHolders = (inList: string, length: string) => `
  SELECT ${holder('orders.idempotency_key', length)} FROM orders WHERE order_id ${inList}
  UNION ALL
  SELECT ${holder('orders.idempotency_key', length)} FROM orders WHERE idempotency_key ${inList}
  UNION ALL
  SELECT ${holder('order_keys.idempotency_key', length)} FROM order_keys JOIN orders ON orders.seq = order_keys.order_seq
  WHERE order_keys.idempotency_key ${inList}`;

const TRANSITIONED_COLUMNS = [
  ...orderColumns(['seq', 'status', 'attempts', 'failures', 'queueSeq', 'createdAt', 'startedAt']),
  ...REQUESTED.filter(({ property }) => property !== 'idempotencyKey'),
];

const STARTING = Object.entries(STATUSES)
  .filter(([, { entering }]) => entering === 'starts')
  .map(([status]) => `'${status}'`)
  .join(', ');

/** `TransitionedRow`: the items only for the one who is to process the order. */
export const TRANSITIONED = asProperties(TRANSITIONED_COLUMNS, (name) =>
  name === 'item_ids' ? `CASE WHEN status IN (${STARTING}) THEN item_ids END` : name,
);

/** The parameters of a transition, with what the table of statuses says of it. `transitionValues` are theirs. */
export const TRANSITION_PARAMETERS = [
  ['from_status', 'text'],
  ['to_status', 'text'],
  ['attempt', 'int'],
  ['at', 'bigint'],
  ['starts', 'int'],
  ['completes', 'int'],
  ['redrives', 'int'],
  ['not_before', 'bigint'],
  ['owner', 'text'],
  ['lease_ms', 'bigint'],
  ['error', 'text'],
  ['new_queue_seq', 'bigint'],
  ['interrupted', 'int'],
  ['if_expired', 'int'],
] as const;

export function transitionValues(request: TransitionRequest, queueSeq: number | null): unknown[] {
  const { from, to, attempt = null, at, notBefore = null, owner = null, leaseMs = null } = request;
  const { entering } = STATUSES[to];
  const { error, interrupted = false, ifExpired = false } = request;
  return [
    from,
    to,
    attempt,
    at,
    Number(entering === 'starts'),
    Number(entering === 'completes'),
    Number(isRedrive(from, to)),
    notBefore,
    owner,
    leaseMs,
    error ? JSON.stringify(error) : null,
    queueSeq,
    Number(interrupted),
    Number(ifExpired),
  ];
}

/** Which orders make the transition `m`; `now` by the database's clock. */
export const isTransitioning = (now: string) => `
        orders.status = m.from_status AND (m.attempt IS NULL OR orders.attempts = m.attempt)
        AND (m.if_expired = 0 OR orders.lease_until < ${now})
        AND (m.starts = 0 OR orders.not_before IS NULL)`;

/**
 * What a transition `m` sets. MySQL assigns from left to right, so what depends on an old value comes before that one is
 * set; `column` is what it calls a column there.
 */
export const transitionSets = (leaseUntil: string, column = (name: string) => name) =>
  Object.entries({
    failures: `CASE WHEN m.redrives = 1 THEN 0 WHEN m.error IS NULL THEN orders.failures ELSE orders.failures + 1 END`,
    interruptions: `CASE WHEN m.redrives = 1 THEN 0 ELSE orders.interruptions + m.interrupted END`,
    status: `m.to_status`,
    attempts: `orders.attempts + m.starts`,
    not_before: `m.not_before`,
    owner: `m.owner`,
    lease_until: leaseUntil,
    error: `CASE WHEN m.completes = 1 THEN NULL ELSE COALESCE(m.error, orders.error) END`,
    queue_seq: `COALESCE(m.new_queue_seq, orders.queue_seq)`,
    started_at: `CASE WHEN m.starts = 1 THEN m.at ELSE orders.started_at END`,
    completed_at: `CASE WHEN m.completes = 1 THEN m.at ELSE orders.completed_at END`,
    updated_at: `m.at`,
  })
    .map(([name, value]) => `${column(name)} = ${value}`)
    .join(',\n      ');

/** A transition's reason, cut to its column; PostgreSQL has no NUL in a text. */
export function storable(reason: string | undefined): string | null {
  return reason ? reason.slice(0, 255).replaceAll('\0', '\uFFFD') : null;
}

/** Draws `count` numbers. @throws when there are fewer */
export function draw(numbers: Iterator<number>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const { done, value } = numbers.next();
    if (done) throw new Error('no number is left');
    return value;
  });
}
