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
  /** Its new position in the queue, where it was put at the tail: a person retried it. */
  queueSeq?: number;
}

export interface OrdersMoved {
  /** In the order of their commit: acceptances by seq, then the other moves. */
  moves: OrderMove[];
}
