import type { Query } from '../../database/database.js';
import { FINAL_STATUSES, type OrderStatus } from '../../domain/order.status.js';
import type { CounterDeltas } from '../../metrics/order.counters.js';
import type { OrdersSql } from './sql/orders.sql.js';

/** Orders that are to be deleted, by the process that may: see `DeletionLease`. */
export interface RemovalRequest {
  seqs: number[];
  owner: string;
}

interface RemovedOrder {
  seq: number;
  created: number;
  /** Start of its last attempt. */
  started: number | null;
}

interface RemovedEntry {
  id: number;
  seq: number;
  from: OrderStatus;
  to: OrderStatus;
  attempt: number;
  at: number;
  reason: string | null;
}

const FINAL = FINAL_STATUSES.map((status) => `'${status}'`).join(', ');

const ORDERS = 'seq, created_at AS created, started_at AS started';
const ENTRIES = 'id, order_seq AS seq, from_status AS "from", to_status AS "to", attempt, at, reason';

const MARK = `
  UPDATE order_deletions SET accepted = CASE WHEN accepted < ? THEN ? ELSE accepted END,
    transitioned = CASE WHEN transitioned < ? THEN ? ELSE transitioned END
  WHERE id = 0`;

/**
 * Deletes those of the orders that are final, with their history and keys, and notes up to where in the log that is. Orders
 * that anybody has locked are left for another time.
 * @param deleted gets what they have counted
 * @returns how many; 0 also when another process deletes at present
 */
export async function removeOrders(
  query: Query,
  sql: OrdersSql,
  { seqs, owner }: RemovalRequest,
  deleted: CounterDeltas,
): Promise<number> {
  const { inList, lock, lockFree } = sql;
  const mine = await query(`SELECT id FROM order_deletions WHERE id = 0 AND owner = ? ${lock}`, [owner]);
  if (mine.length === 0) return 0;
  const orders = await query<RemovedOrder>(
    `SELECT ${ORDERS} FROM ${sql.table('orders_pkey')} WHERE seq ${inList} AND status IN (${FINAL}) ORDER BY seq ${lockFree}`,
    [sql.list(seqs)],
  );
  if (orders.length === 0) return 0;
  const list = sql.list(orders.map(({ seq }) => Number(seq)));
  const entries = await query<RemovedEntry>(
    `SELECT ${ENTRIES} FROM ${sql.indexed('order_history', 'order_history_order')} WHERE order_seq ${inList}`,
    [list],
  );
  await query(`${sql.deleteFrom('order_history', 'order_history_order')} WHERE order_seq ${inList}`, [list]);
  await query(`${sql.deleteFrom('order_keys', 'order_keys_order')} WHERE order_seq ${inList}`, [list]);
  await query(`${sql.deleteFrom('orders', 'orders_pkey')} WHERE seq ${inList}`, [list]);
  const last = orders.reduce((highest, { seq }) => Math.max(highest, Number(seq)), 0);
  const lastEntry = entries.reduce((highest, { id }) => Math.max(highest, Number(id)), 0);
  await query(MARK, [last, last, lastEntry, lastEntry]);
  count(orders, entries, deleted);
  return orders.length;
}

/** What these orders have added to the counters since their acceptance: all their transitions once more. */
function count(orders: RemovedOrder[], entries: RemovedEntry[], deltas: CounterDeltas): void {
  const bySeq = new Map(orders.map((order) => [Number(order.seq), order]));
  deltas.inStatus('Pending', orders.length);
  for (const { seq, from, to, attempt, at, reason } of entries) {
    const order = bySeq.get(Number(seq));
    if (!order) continue;
    const [createdAt, startedAt] = [
      Number(order.created),
      order.started === null ? null : Number(order.started),
    ];
    deltas.add({ from, to, attempt, at: Number(at), createdAt, startedAt, reason });
  }
}
