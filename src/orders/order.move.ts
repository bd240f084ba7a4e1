import type { Order, OrderError } from './order.js';
import type { OrderStatus } from './order.status.js';

/** One step of one order. It happens if the order is in `from` and, where `attempt` is given, still at that attempt. */
export interface Move {
  seq: number;
  from: OrderStatus;
  to: OrderStatus;
  at: number;
  attempt?: number;
  reason?: string;
  /** The process that runs the attempt, and for how long it is the owner's unless renewed (to Processing). */
  owner?: string;
  leaseMs?: number;
  /** Not to be started before this instant (to Pending). */
  notBefore?: number;
  /** Why the attempt failed (to Pending or Failed). */
  error?: OrderError;
  /** True when the attempt was cut off by a crash (to Pending). */
  interrupted?: boolean;
  /** True to happen only if the owner's lease has ended, by the database's clock; a renewal that comes first wins. */
  ifExpired?: boolean;
  /** True to stand at the tail of the queue again (to Pending). */
  requeue?: boolean;
}

/** An order just moved. `itemIds` only when it moved to Processing, for the one who processes it. */
export type MovedOrder = Pick<
  Order,
  'seq' | 'orderId' | 'userId' | 'itemIds' | 'totalAmount' | 'status' | 'attempts' | 'failures' | 'queueSeq'
>;

/** What `OrdersSql.moveOrders` returns. */
export interface MovedRow {
  seq: number;
  order_id: string;
  user_id: string;
  total_amount: number;
  status: OrderStatus;
  attempts: number;
  failures: number;
  queue_seq: number;
  created_at: number;
  started_at: number | null;
  item_ids: string | null;
}

/** Moves that differ in nothing but the order, in runs: each can be one statement. */
export function runsOfAlike(moves: Iterable<Move>): Move[][] {
  const runs: Move[][] = [];
  for (const move of moves) {
    const run = runs.at(-1);
    if (run?.[0] && isAlike(run[0], move)) run.push(move);
    else runs.push([move]);
  }
  return runs;
}

/** One with an error or a new position in the queue is like no other. */
function isAlike(a: Move, b: Move): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.at === b.at &&
    a.attempt === b.attempt &&
    a.owner === b.owner &&
    a.leaseMs === b.leaseMs &&
    a.notBefore === b.notBefore &&
    a.reason === b.reason &&
    a.interrupted === b.interrupted &&
    a.ifExpired === b.ifExpired &&
    !(a.error ?? b.error ?? a.requeue ?? b.requeue)
  );
}

export function toMovedOrder(row: MovedRow): MovedOrder {
  return {
    seq: Number(row.seq),
    orderId: row.order_id,
    userId: row.user_id,
    itemIds: row.item_ids ? (JSON.parse(row.item_ids) as string[]) : [],
    totalAmount: Number(row.total_amount),
    status: row.status,
    attempts: row.attempts,
    failures: row.failures,
    queueSeq: Number(row.queue_seq),
  };
}
