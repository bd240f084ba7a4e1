import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { OrdersReader, type Due } from '../orders/orders.reader.js';
import { QueueService } from '../queue/queue.service.js';

const BATCH = 1000;

/** A timer cannot be set further ahead; it is set again when it fires. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A Pending order that is not to be started before an instant. */
export interface DelayedOrder {
  seq: number;
  queueSeq: number;
  notBefore: number;
}

/** Puts delayed orders back into the queue when their back-off ends. Holds no order: the table knows which are due. */
@Injectable()
export class RetrySchedule {
  readonly #logger = new Logger(RetrySchedule.name);
  /** Every order due up to here has been enqueued. */
  #done: Due = { notBefore: 0, seq: 0 };
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  constructor(
    private readonly reader: OrdersReader,
    private readonly queue: QueueService,
    private readonly clock: Clock,
  ) {}

  /** An order was just delayed until `notBefore`; its delay is in the table. */
  delayed(order: DelayedOrder): void {
    if (order.notBefore <= this.clock.now()) this.queue.enqueue([{ id: order.seq, place: order.queueSeq }]);
    else this.#wakeAt(order.notBefore);
  }

  /** Enqueues what has become due and sets the timer for the next. */
  async enqueueDue(): Promise<void> {
    this.#running ??= this.#enqueueDue().finally(() => (this.#running = undefined));
    await this.#running;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timerAt = -Infinity; // no timer is earlier, so none is set again
  }

  async #enqueueDue(): Promise<void> {
    const now = this.clock.now();
    for (;;) {
      const due = await this.reader.dueAfter(this.#done, now, BATCH);
      if (due.length > 0) this.queue.enqueue(due.map(({ seq, queueSeq }) => ({ id: seq, place: queueSeq })));
      this.#done = due.at(-1) ?? this.#done;
      if (due.length < BATCH) break;
    }
    const next = await this.reader.nextDueAfter(now);
    if (next !== undefined) this.#wakeAt(next);
  }

  #wakeAt(at: number): void {
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const fire = () => {
      this.#timerAt = Infinity;
      this.enqueueDue().catch((error: unknown) =>
        this.#logger.warn(`due retries wait for the next tick: ${String(error)}`),
      );
    };
    this.#timer = setTimeout(fire, Math.min(at - this.clock.now(), LONGEST_TIMER_MS));
  }
}
