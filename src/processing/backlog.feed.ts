import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { OrdersReader } from '../orders/store/orders.reader.js';
import type { QueueEntry } from '../queue/queue.driver.js';
import { QueueService } from '../queue/queue.service.js';
import { OrderProcessor } from './order.processor.js';

/**
 * On a server other processes accept orders too, and nobody wakes this one: it polls while its queue has fewer orders than
 * it has free slots. Each poll that finds nothing doubles the pause, so an idle worker polls 2.5 times a second, not 20.
 */
const POLL_MS = 50;

/** The longest pause, and so the longest time that an order accepted elsewhere waits for an idle worker. */
const MAX_POLL_MS = 400;

/**
 * The one way by which orders reach the processor: the queue reads the backlog through it, and wakes the processor
 * whenever it has something new (an enqueue, a rewind). Polls for the orders that other processes accept.
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

  /** Makes the queue read the backlog again, for orders that were never enqueued here. */
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

  /** @param claimed how many orders had been claimed at the last poll */
  #pollIn(waitMs: number, claimed = this.processor.claimed): void {
    this.#stopPolling = this.clock.timer(waitMs, () => {
      const foundSome = this.processor.claimed > claimed;
      const { isShort } = this.processor;
      if (isShort) this.queue.rewind();
      this.#pollIn(isShort && !foundSome ? Math.min(2 * waitMs, MAX_POLL_MS) : POLL_MS);
    });
  }
}
