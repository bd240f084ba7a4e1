import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { OrdersReader, type QueuedOrder } from '../orders/store/orders.reader.js';
import { OrdersStore } from '../orders/store/orders.store.js';
import { QueueService } from '../queue/queue.service.js';

/** A Pending order in its back-off: it lasts `backOffMs` from now on, and until `notBefore` by the host's clock. */
export interface DelayedOrder extends QueuedOrder {
  notBefore: number;
  backOffMs: number;
}

/** Most back-offs that this process times itself; any further one ends by `not_before` in the table. */
const MAX_TIMERS = 10_000;

/** Most due orders that are read from the table at once. */
const BATCH = 1000;

/** Most such reads in a row; the next tick finds what is left. */
const MAX_BATCHES = 100;

/**
 * Ends back-offs. Two clocks measure one: `not_before` in the table by the host's clock, which may be set, and a timer in
 * this process, which cannot; whichever is first ends it. The delay is first removed from the table, so that the queue
 * finds the order after a crash too; then the order is enqueued.
 */
@Injectable()
export class RetrySchedule {
  readonly #logger = new Logger(RetrySchedule.name);
  /** For each order in its back-off, the function that cancels its timer. */
  readonly #waiting = new Map<number, () => void>();
  /** Orders whose back-off has ended, until that is written to the table. */
  readonly #ended = new Map<number, DelayedOrder>();
  #isWriting = false;
  #isStopped = false;

  constructor(
    private readonly store: OrdersStore,
    private readonly reader: OrdersReader,
    private readonly queue: QueueService,
    private readonly clock: Clock,
  ) {}

  /** Starts timers for orders that were delayed before this process started; for due ones too, as the clock may be set back. */
  async resume(): Promise<void> {
    const now = this.clock.now();
    for (const { seq, queueSeq, notBefore, since } of await this.reader.delayed(0, MAX_TIMERS))
      this.delayed({ seq, queueSeq, notBefore, backOffMs: Math.min(notBefore - now, notBefore - since) });
  }

  /** An order has been delayed, and its delay is in the table. */
  delayed(order: DelayedOrder): void {
    this.started(order.seq);
    if (this.#isStopped || this.#waiting.size >= MAX_TIMERS) return;
    const cancelTimer = this.clock.timer(Math.max(0, order.backOffMs), () => this.#end(order));
    this.#waiting.set(order.seq, cancelTimer);
  }

  /** An order was started: its back-off is over. */
  started(seq: number): void {
    this.#waiting.get(seq)?.();
    this.#waiting.delete(seq);
    this.#ended.delete(seq);
  }

  /** Ends back-offs that are over by the host's clock, and those whose end could not be written before. */
  async enqueueDue(): Promise<void> {
    await this.#writeEnded();
    for (let batches = 0; batches < MAX_BATCHES; batches++) {
      const now = this.clock.now();
      const due = await this.reader.due(now, BATCH);
      await this.#endDelay(due, now);
      if (due.length < BATCH) return;
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancelTimer of this.#waiting.values()) cancelTimer();
    this.#waiting.clear();
  }

  #end(order: DelayedOrder): void {
    this.#waiting.delete(order.seq);
    this.#ended.set(order.seq, order);
    this.#writeEnded().catch((error: unknown) =>
      this.#logger.warn(`ended back-offs not written yet, retrying at the next tick: ${String(error)}`),
    );
  }

  /** No `await` stands between the last check of `#ended` and the end, so nothing is left for the next tick. */
  async #writeEnded(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#ended.size > 0) {
        const orders = [...this.#ended.values()];
        await this.#endDelay(orders, Math.max(...orders.map(({ notBefore }) => notBefore)));
        for (const order of orders) if (this.#ended.get(order.seq) === order) this.#ended.delete(order.seq);
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async #endDelay(orders: QueuedOrder[], until: number): Promise<void> {
    if (orders.length === 0) return;
    await this.store.endDelay(
      orders.map(({ seq }) => seq),
      until,
    );
    this.queue.enqueue(orders.map(({ seq, queueSeq }) => ({ id: seq, position: queueSeq })));
  }
}
