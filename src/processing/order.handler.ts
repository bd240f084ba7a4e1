/** An order as the one who does the work on it sees it. */
export interface OrderToProcess {
  orderId: string;
  userId: string;
  itemIds: string[];
  /** In minor units: 2999 is 29.99. */
  totalAmount: number;
  /** 1 for the first attempt. The same order may come again after a crash: use (orderId, attempt) to tell. */
  attempt: number;
}

/**
 * The real work on an order: the one place to plug business logic in. It is called at least once for each order, and
 * for one order never twice at a time. To resolve is to complete the order; to throw is to fail the attempt, which
 * is tried again unless what was thrown is a `PermanentFailure`.
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

/** A failure that no further attempt would mend: the order fails at once. */
export class PermanentFailure extends AttemptFailure {}
