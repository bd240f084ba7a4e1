import type { OrderStatus } from './order.status.js';

/** Emitted after each commit that moved orders, once for all of them. News, not truth: the table is. */
export const ORDERS_MOVED = 'orders.moved';

/** Emitted when a commit failed: it may have been stored all the same, so what was remembered of the table is to be read anew. */
export const ORDERS_UNCERTAIN = 'orders.uncertain';

export interface OrderMove {
  seq: number;
  orderId: string;
  userId: string;
  /** null: accepted. */
  from: OrderStatus | null;
  to: OrderStatus;
  attempt: number;
  at: number;
  /** Its position in the queue, where it may start again now: a person retried it, or its attempt was cut off. */
  queueSeq?: number;
}

export interface OrdersMoved {
  /** In the order of their commit: acceptances by seq, then the other moves. */
  moves: OrderMove[];
}
