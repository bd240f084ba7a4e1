import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { OrdersReader, type Place } from '../orders/orders.reader.js';
import { OrdersStore } from '../orders/orders.store.js';
import { QueueService } from '../queue/queue.service.js';

/** A Pending order that is to wait: `backOffMs` from now on, until `notBefore` by the host's clock. */
export interface DelayedOrder extends Place {
  notBefore: number;
  backOffMs: number;
}

/** Orders whose back-off this process measures itself; of any more, the table tells when it ends. */
const MOST = 10_000;

/** Orders that are due by the table, looked at together. */
const BATCH = 1000;

/** And how often in a row: whatever is left is due at the next tick too. */
const MOST_BATCHES = 100;

/**
 * When a delayed order may start: `not_before` in the table says it by the host's clock, which may be set, and this
 * process by how long it has known of the order, which no setting changes. Whichever comes first ends the back-off. The
 * order's delay is taken out of the table first, where the queue finds the order after a crash too; then it is enqueued.
 */
@Injectable()
export class RetrySchedule {
  readonly #logger = new Logger(RetrySchedule.name);
  /** What calls off the timer of each order that waits. */
  readonly #waiting = new Map<number, () => void>();
  /** Orders whose back-off has ended, until the table says so too. */
  readonly #ended = new Map<number, DelayedOrder>();
  #isWriting = false;
  #isStopped = false;

  constructor(
    private readonly store: OrdersStore,
    private readonly reader: OrdersReader,
    private readonly queue: QueueService,
    private readonly clock: Clock,
  ) {}

  /** Orders that were delayed before this process started, also those that are due: the clock may be set back at once. */
  async resume(): Promise<void> {
    const now = this.clock.now();
    for (const { seq, queueSeq, notBefore, since } of await this.reader.delayed(0, MOST))
      this.delayed({ seq, queueSeq, notBefore, backOffMs: Math.min(notBefore - now, notBefore - since) });
  }

  /** An order was just delayed; its delay is in the table. */
  delayed(order: DelayedOrder): void {
    this.started(order.seq);
    if (this.#isStopped || this.#waiting.size >= MOST) return;
    const callOff = this.clock.timer(Math.max(0, order.backOffMs), () => this.#end(order));
    this.#waiting.set(order.seq, callOff);
  }

  /** An order was started: it no longer waits. */
  started(seq: number): void {
    this.#waiting.get(seq)?.();
    this.#waiting.delete(seq);
    this.#ended.delete(seq);
  }

  /** Enqueues what has become due by the host's clock, and what could not be written before. */
  async enqueueDue(): Promise<void> {
    await this.#writeEnded();
    for (let batches = 0; batches < MOST_BATCHES; batches++) {
      const now = this.clock.now();
      const due = await this.reader.due(now, BATCH);
      await this.#endDelay(due, now);
      if (due.length < BATCH) return;
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const callOff of this.#waiting.values()) callOff();
    this.#waiting.clear();
  }

  #end(order: DelayedOrder): void {
    this.#waiting.delete(order.seq);
    this.#ended.set(order.seq, order);
    this.#writeEnded().catch((error: unknown) =>
      this.#logger.warn(`orders whose back-off has ended wait for the next tick: ${String(error)}`),
    );
  }

  /** Its last look at what has ended and its end are one step, so that nothing is left for the next tick. */
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

  async #endDelay(orders: Place[], until: number): Promise<void> {
    if (orders.length === 0) return;
    await this.store.endDelay(
      orders.map(({ seq }) => seq),
      until,
    );
    this.queue.enqueue(orders.map(({ seq, queueSeq }) => ({ id: seq, position: queueSeq })));
  }
}
