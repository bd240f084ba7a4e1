import type { OrderContent } from '../domain/order.js';

/** An order as its handler sees it. */
export interface OrderToProcess extends OrderContent {
  orderId: string;
  /** 1 for the first attempt. The same order may come again after a crash: use (orderId, attempt) to tell. */
  attempt: number;
}

/**
 * The real work on an order: the one place to plug business logic in. It is called at least once for each order, and never
 * twice at a time for one order while its lease is renewed. To resolve completes the order; to throw fails the attempt,
 * which is tried again unless a `PermanentFailure` was thrown.
 */
export abstract class OrderHandler {
  /** @param signal aborted when the result is no longer wanted: the attempt took too long, or the server is stopping */
  abstract handle(order: OrderToProcess, signal: AbortSignal): Promise<void>;
}

/**
 * An attempt that failed. `code` is for programs, `message` for people; both are shown with the order.
 * `retryAfterMs`: when another attempt makes sense, where the other side said so.
 */
export class AttemptFailure extends Error {
  readonly retryAfterMs: number;

  constructor(
    readonly code: string,
    message: string,
    options: ErrorOptions & { retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** A failure that another attempt cannot mend: the order becomes Failed at once. */
export class PermanentFailure extends AttemptFailure {}
