import { Injectable } from '@nestjs/common';
import Denque from 'denque';
import { QueueDriver, type Backlog, type QueueEntry } from './queue.driver.js';

/**
 * A FIFO in this process's memory that holds a window of the queue; the next part is read from the backlog when the window
 * runs empty. It starts with an empty window at the start of the backlog, so a boot needs no step of its own.
 */
@Injectable()
export class MemoryQueueDriver extends QueueDriver {
  readonly isReady = true;
  readonly #window = new Denque<QueueEntry>();
  /** Ids of the entries in the window and of claimed ones. */
  readonly #known = new Set<number>();
  /** Every entry of the backlog up to this position was read. */
  #cursor = 0;
  /** Whether the backlog may hold entries beyond the cursor. */
  #hasMore = true;
  /** The read under way may have missed entries after this position; Infinity: none. */
  #missedAfter = Infinity;
  /** Room in the window reserved for the read under way. */
  #reserved = 0;
  #backlog: Backlog | undefined;

  constructor(private readonly capacity = 10_000) {
    super();
  }

  open(backlog: Backlog): void {
    this.#backlog = backlog;
  }

  enqueue(entries: QueueEntry[]): void {
    for (const entry of entries) {
      if (this.#known.has(entry.id)) continue;
      if (this.#hasMore && entry.position > this.#cursor)
        this.#missedAfter = Math.min(this.#missedAfter, entry.position - 1); // it will be read, at its position
      else if (this.#window.length + this.#reserved < this.capacity) this.#push(entry);
      else this.#readFrom(entry.position - 1);
    }
  }

  async claim(limit: number): Promise<QueueEntry[]> {
    while (this.#window.length < limit && this.#hasMore) await this.#readOn();
    const claimed: QueueEntry[] = [];
    while (claimed.length < limit) {
      const entry = this.#window.shift();
      if (!entry) break;
      claimed.push(entry);
    }
    return claimed;
  }

  ack(id: number): void {
    this.#known.delete(id);
  }

  release(entries: QueueEntry[]): void {
    for (const entry of entries.toReversed()) this.#window.unshift(entry);
  }

  rewind(): void {
    for (let entry = this.#window.shift(); entry; entry = this.#window.shift()) this.#known.delete(entry.id);
    this.#readFrom(0);
  }

  #push(entry: QueueEntry): void {
    this.#known.add(entry.id);
    this.#window.push(entry);
    if (!this.#hasMore) this.#cursor = Math.max(this.#cursor, entry.position);
  }

  #readFrom(position: number): void {
    this.#cursor = Math.min(this.#cursor, position);
    this.#hasMore = true;
    this.#missedAfter = Math.min(this.#missedAfter, position);
  }

  async #readOn(): Promise<void> {
    if (!this.#backlog) throw new Error('the queue was not opened');
    const room = Math.max(1, this.capacity - this.#window.length);
    const from = this.#cursor;
    this.#missedAfter = Infinity;
    this.#reserved = room;
    const entries = await this.#backlog(from, room).finally(() => (this.#reserved = 0));
    if (this.#missedAfter < from) return; // sent back during the read: the next read begins there
    for (const entry of entries) {
      if (this.#known.has(entry.id)) continue;
      this.#known.add(entry.id);
      this.#window.push(entry);
    }
    this.#cursor = Math.min(this.#missedAfter, entries.at(-1)?.position ?? from);
    this.#hasMore = this.#missedAfter < Infinity || entries.length === room;
  }
}
