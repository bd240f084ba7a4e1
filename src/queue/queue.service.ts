import { Injectable } from '@nestjs/common';
import { QueueDriver, type Backlog, type QueueEntry } from './queue.driver.js';

/** The queue as the rest sees it: hands entries to the driver and wakes whoever works on them. */
@Injectable()
export class QueueService {
  #wake: () => void = () => undefined;

  constructor(private readonly driver: QueueDriver) {}

  /** Starts to serve `backlog`; `wake` is called whenever there is something new to claim. */
  open(backlog: Backlog, wake: () => void): void {
    this.driver.open(backlog);
    this.#wake = wake;
  }

  enqueue(entries: QueueEntry[]): void {
    this.driver.enqueue(entries);
    this.#wake();
  }

  /** The next entries in line, at most `limit`. Calls must not overlap. */
  claim(limit: number): Promise<QueueEntry[]> {
    return this.driver.claim(limit);
  }

  /** Done with: processed, given back to the table, or no longer to be processed. */
  ack(id: number): void {
    this.driver.ack(id);
  }

  /** Not started after all: the next in line again. */
  release(entries: QueueEntry[]): void {
    this.driver.release(entries);
  }

  /** Reads the line anew from the backlog, for entries that an enqueue missed. */
  rewind(): void {
    this.driver.rewind();
    this.#wake();
  }
}
