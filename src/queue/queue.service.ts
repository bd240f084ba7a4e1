import { Injectable } from '@nestjs/common';
import { QueueDriver, type Backlog, type QueueEntry } from './queue.driver.js';

/** The queue as the rest sees it: hands entries to the driver and wakes whoever works on them. */
@Injectable()
export class QueueService {
  #wake: () => void = () => undefined;
  readonly #claimed = new Set<number>();
  /** Enqueued while they were claimed: no driver takes them before that is over. */
  readonly #again = new Map<number, QueueEntry>();

  constructor(private readonly driver: QueueDriver) {}

  /** Starts to serve `backlog`; `wake` is called whenever there is something new to claim. */
  open(backlog: Backlog, wake: () => void): void {
    this.driver.open(backlog);
    this.#wake = wake;
  }

  /** An entry that is claimed at the moment is enqueued when it is acknowledged. */
  enqueue(entries: QueueEntry[]): void {
    for (const entry of entries) if (this.#claimed.has(entry.id)) this.#again.set(entry.id, entry);
    this.driver.enqueue(entries);
    this.#wake();
  }

  /** The next entries in the queue, at most `limit`. Calls must not overlap. */
  async claim(limit: number): Promise<QueueEntry[]> {
    const entries = await this.driver.claim(limit);
    for (const { id } of entries) this.#claimed.add(id);
    return entries;
  }

  /** Done with: processed, given back to the table, or no longer to be processed. */
  ack(id: number): void {
    const again = this.#again.get(id);
    this.#claimed.delete(id);
    this.#again.delete(id);
    this.driver.ack(id);
    if (again) this.enqueue([again]);
  }

  /** Not started after all: the next in the queue again. */
  release(entries: QueueEntry[]): void {
    for (const { id } of entries) {
      this.#claimed.delete(id);
      this.#again.delete(id);
    }
    this.driver.release(entries);
  }

  /** Reads the queue anew from the backlog, for entries that an enqueue missed. */
  rewind(): void {
    this.driver.rewind();
    this.#wake();
  }
}
