import { Injectable } from '@nestjs/common';
import { QueueDriver, type Backlog, type QueueEntry } from './queue.driver.js';

/**
 * The queue as the application sees it: passes entries to the driver, and wakes the consumer when something is new. An
 * entry that is enqueued while it is claimed is enqueued again at its acknowledgement.
 */
@Injectable()
export class QueueService {
  #wake: () => void = () => undefined;
  readonly #claimed = new Set<number>();
  /** Entries that were enqueued while they were claimed: the driver ignores them until they are acknowledged. */
  readonly #again = new Map<number, QueueEntry>();

  constructor(private readonly driver: QueueDriver) {}

  /** Starts to serve `backlog`; `wake` is called whenever there is something new to claim. */
  open(backlog: Backlog, wake: () => void): void {
    this.driver.open(backlog);
    this.#wake = wake;
  }

  /** A claimed entry is enqueued when it is acknowledged. */
  enqueue(entries: QueueEntry[]): void {
    for (const entry of entries) if (this.#claimed.has(entry.id)) this.#again.set(entry.id, entry);
    this.driver.enqueue(entries);
    this.#wake();
  }

  /** Claims the next entries, at most `limit`. Calls must not overlap. */
  async claim(limit: number): Promise<QueueEntry[]> {
    const entries = await this.driver.claim(limit);
    for (const { id } of entries) this.#claimed.add(id);
    return entries;
  }

  /** Acknowledges a claimed entry: it was processed, delayed, or is no longer to be processed. */
  ack(id: number): void {
    const again = this.#again.get(id);
    this.#claimed.delete(id);
    this.#again.delete(id);
    this.driver.ack(id);
    if (again) this.enqueue([again]);
  }

  /** Gives claimed entries back that were not started: they are the next in the queue again. */
  release(entries: QueueEntry[]): void {
    for (const { id } of entries) {
      this.#claimed.delete(id);
      this.#again.delete(id);
    }
    this.driver.release(entries);
  }

  /** Reads the backlog again from its start, for entries that were never enqueued. */
  rewind(): void {
    this.driver.rewind();
    this.#wake();
  }
}
