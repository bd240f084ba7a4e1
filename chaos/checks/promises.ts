import { finding, type Finding, type Query } from './finding.ts';
import type { Turns } from './turns.ts';

/** What the clients know. What is left out is not checked. */
export interface Promises {
  /** Ids of all orders that were posted with one, answered or not. */
  sent: ReadonlySet<string>;
  /** Ids of those that were answered with 201 or 200. */
  acknowledged: ReadonlySet<string>;
  /** Where an order may stand at the end: only Completed, if not said. An acknowledged one that is elsewhere is lost. */
  ends?: readonly string[] | ((id: string) => readonly string[]);
  turns?: Turns;
  /** Every Idempotency-Key that was sent, with the id that the server made for it, where that was told. */
  keys?: ReadonlyMap<string, string | undefined>;
  /** Those of them that were answered with 201 or 200. */
  acknowledgedKeys?: ReadonlySet<string>;
  /** The content with which an order was acknowledged, as `contentText`. */
  content?: (id: string) => string | undefined;
  /** How often a retry of an order was acknowledged. */
  retries?: ReadonlyMap<string, number>;
}

/** What must be the same in the table as it was sent. */
export function contentText(userId: string, cents: number, itemIds: string[]): string {
  return JSON.stringify([userId, cents, itemIds]);
}

interface StoredRow {
  seq: number | string;
  id: string;
  idempotency_key: string | null;
  status: string;
}

export async function checkPromises(query: Query, promises: Promises): Promise<Finding[]> {
  const {
    sent,
    acknowledged,
    ends = ['Completed'],
    keys = new Map<string, string>(),
    acknowledgedKeys = [],
  } = promises;
  const stored = await query<StoredRow>(
    'SELECT seq, order_id AS id, idempotency_key, status FROM orders ORDER BY seq',
  );
  const statuses = new Map(stored.map(({ id, status }) => [id, status]));
  const endsOf = typeof ends === 'function' ? ends : () => ends;
  const isAtEnd = (id: string) => endsOf(id).includes(statuses.get(id) ?? '');
  const storedKeys = new Set(stored.map(({ idempotency_key }) => idempotency_key));
  const lost = [
    ...[...acknowledged]
      .filter((id) => !isAtEnd(id))
      .map((id) => `${id}: ${statuses.get(id) ?? 'not there'}`),
    ...[...acknowledgedKeys].filter((key) => !storedKeys.has(key)).map((key) => `key ${key}: not there`),
  ];
  const seen = new Set<string>();
  const isRepeated = (name: string | null) => name !== null && (seen.has(name) || !seen.add(name));
  const tell = ({ id, status }: { id: string; status?: string }) => `${id}: ${status ?? 'not there'}`;
  return [
    finding('lost: acknowledged, not completed', lost),
    finding(
      'at an end that nobody asked for',
      promises.ends ? stored.filter(({ id }) => !acknowledged.has(id) && !isAtEnd(id)).map(tell) : [],
    ),
    finding(
      'unexpected: stored, never sent',
      stored.filter(({ id, idempotency_key: key }) => !sent.has(id) && !keys.has(key ?? '')).map(tell),
    ),
    finding(
      'stored twice',
      stored
        .filter(({ id, idempotency_key: key }) =>
          [isRepeated(`id ${id}`), isRepeated(key && `key ${key}`)].includes(true),
        )
        .map(tell),
    ),
    finding(
      'stored under another id than was told',
      stored.filter(({ id, idempotency_key: key }) => key && (keys.get(key) ?? id) !== id).map(tell),
    ),
    await checkContents(query, promises),
    await checkRetries(query, promises),
  ];
}

const PAGE = 2000;

interface ContentRow {
  seq: number | string;
  id: string;
  user_id: string;
  total_amount: number | string;
  item_ids: string;
}

/** Page by page: orders may be large. */
async function checkContents(query: Query, { content }: Promises): Promise<Finding> {
  const wrong: string[] = [];
  for (let after = 0; content;) {
    const rows = await query<ContentRow>(
      `SELECT seq, order_id AS id, user_id, total_amount, item_ids FROM orders WHERE seq > ${after} ORDER BY seq LIMIT ${PAGE}`,
    );
    for (const { id, user_id, total_amount, item_ids } of rows) {
      const was = contentText(user_id, Number(total_amount), JSON.parse(item_ids) as string[]);
      if ((content(id) ?? was) !== was) wrong.push(`${id}: ${was.slice(0, 200)}`);
    }
    if (rows.length < PAGE) break;
    after = Number(rows.at(-1)?.seq);
  }
  return finding('stored with other content than was sent', wrong);
}

async function checkRetries(query: Query, { retries = new Map() }: Promises): Promise<Finding> {
  const rows = await query<{ id: string; count: number | string }>(`
    SELECT o.order_id AS id, COUNT(*) AS count FROM order_history h JOIN orders o ON o.seq = h.order_seq
    WHERE from_status = 'Failed' AND to_status = 'Pending' GROUP BY o.order_id`);
  const made = new Map(rows.map(({ id, count }) => [id, Number(count)]));
  const lost = [...retries].filter(([id, count]) => (made.get(id) ?? 0) < count);
  return finding(
    'retries acknowledged, not in the history',
    lost.map(([id, count]) => `${id}: ${made.get(id) ?? 0} of ${count}`),
  );
}
