import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { OrdersReader } from '../orders/orders.reader.js';
import type { QueueEntry } from '../queue/queue.driver.js';
import { QueueService } from '../queue/queue.service.js';
import { OrderProcessor } from './order.processor.js';

/**
 * On a server other processes accept orders too, and nobody wakes this one: it polls while its queue comes short, and half
 * as often after each poll that found nothing. So an order that another process accepts waits no longer than the longest
 * pause for an idle worker, and a worker that has had nothing to do for a second asks 2.5 times a second, not 20.
 */
const POLL_MS = 50;
const LONGEST_POLL_MS = 400;

/**
 * The one way on which orders reach the processor: the queue reads the table through it, and whenever the queue has
 * something new (an enqueue, a rewind) it wakes the processor.
 */
@Injectable()
export class BacklogFeed {
  #stopPolling = () => {};

  constructor(
    private readonly queue: QueueService,
    private readonly reader: OrdersReader,
    private readonly processor: OrderProcessor,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  open(): void {
    this.queue.open(
      (after, limit) => this.#read(after, limit),
      () => this.processor.wake(),
    );
    if (this.database.isShared) this.#pollIn(POLL_MS);
  }

  /** Has the queue read anew, for orders that no enqueue told of. */
  repair(): void {
    if (this.processor.isIdle || this.database.isShared) this.queue.rewind();
  }

  close(): void {
    this.#stopPolling();
  }

  /** Pending orders that may start now, by their position. */
  async #read(after: number, limit: number): Promise<QueueEntry[]> {
    const orders = await this.reader.pendingAfter(after, limit);
    return orders.map(({ seq, queueSeq }) => ({ id: seq, position: queueSeq }));
  }

  /** @param claimed how many orders had been claimed when the queue was last read anew */
  #pollIn(waitMs: number, claimed = this.processor.claimed): void {
    this.#stopPolling = this.clock.timer(waitMs, () => {
      const foundSome = this.processor.claimed > claimed;
      const { isShort } = this.processor;
      if (isShort) this.queue.rewind();
      this.#pollIn(isShort && !foundSome ? Math.min(2 * waitMs, LONGEST_POLL_MS) : POLL_MS);
    });
  }
}
