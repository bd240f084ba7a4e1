import type { OrderStatus } from './order.status.js';

/** Emitted after each commit that accepted orders or made transitions, once for all. News, not truth: the table is. */
export const ORDERS_TRANSITIONED = 'orders.transitioned';

/** Emitted when a commit failed: it may have been stored all the same, so what was remembered of the table is read anew. */
export const ORDERS_UNCERTAIN = 'orders.uncertain';

/** Emitted after each commit that deleted orders: the counters have changed. */
export const ORDERS_DELETED = 'orders.deleted';

/** A transition that was committed. */
export interface OrderTransition {
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

export interface OrdersTransitioned {
  /** In the order of their commit: acceptances by seq, then the other transitions. */
  transitions: OrderTransition[];
  /** How long the commit took, in milliseconds. */
  commitMs: number;
}
