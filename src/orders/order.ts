import type { OrderStatus } from './order.status.js';

/** Instants are milliseconds since 1970 (UTC); `totalAmount` is in minor units: 2999 is 29.99. */
export interface Order {
  /** Acceptance order: 1, 2, 3, … with gaps. Inside only; clients know `orderId`. */
  seq: number;
  orderId: string;
  userId: string;
  itemIds: string[];
  totalAmount: number;
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
export interface OrderRequest {
  orderId: string | null;
  idempotencyKey: string | null;
  userId: string;
  itemIds: string[];
  totalAmount: number;
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
