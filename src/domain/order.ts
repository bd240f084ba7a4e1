import type { OrderStatus } from './order.status.js';

/** What a client orders: every field that is stored, compared with a repeat, shown, and given to the handler as it came. */
export interface OrderContent {
  userId: string;
  itemIds: string[];
  /** In minor units: 2999 is 29.99. */
  totalAmount: number;
}

/** The content of an order without all the rest. */
export function contentOf({ userId, itemIds, totalAmount }: OrderContent): OrderContent {
  return { userId, itemIds, totalAmount };
}

/** Instants are milliseconds since 1970 (UTC). */
export interface Order extends OrderContent {
  /** Acceptance order: 1, 2, 3, … with gaps. Inside only; clients know `orderId`. */
  seq: number;
  orderId: string;
  status: OrderStatus;
  /** Position in the queue: `seq`, until a person retries the order and it goes to the tail. */
  queueSeq: number;
  /** Attempts started. The number of the running one fences it: no other may finish it. */
  attempts: number;
  /** Attempts that failed, as opposed to interrupted ones; `MAX_ATTEMPTS` counts these. */
  failures: number;
  /** Why the last failed attempt failed. */
  error: OrderError | null;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
  updatedAt: number;
}

export interface OrderError {
  code: string;
  message: string;
  attempt: number;
}

/** What a client asks for. `orderId` null: the server makes one. */
export interface OrderRequest extends OrderContent {
  orderId: string | null;
  idempotencyKey: string | null;
}

/** The answer to an `OrderRequest`: a new order, or the one that it repeats. */
export interface Receipt {
  seq: number;
  orderId: string;
  status: OrderStatus;
  replayed: boolean;
}

/** One line of an order's history. `from` null: accepted. */
export interface HistoryEntry {
  at: number;
  from: OrderStatus | null;
  to: OrderStatus;
  attempt: number;
  reason: string | null;
}
