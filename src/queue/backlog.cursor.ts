import type { Clock } from '../common/clock.js';
import type { Backlog, QueueEntry } from './queue.driver.js';

/** How far the backlog was read. It can be sent back at any time, which takes effect at the next `applyGoBack`. */
export class BacklogCursor {
  #backlog: Backlog | undefined;
  /** Every entry of the backlog up to this position was read. */
  #position = 0;
  #hasMore = false;
  /** The position to go back to; Infinity: none. */
  #backTo = Infinity;
  #readMs = -Infinity;

  constructor(private readonly clock: Clock) {}

  open(backlog: Backlog): void {
    this.#backlog = backlog;
    this.goBack(0);
  }

  /** Whether there may be entries beyond the cursor. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  get isSentBack(): boolean {
    return this.#backTo < Infinity;
  }

  /** Time since the last read. */
  get idleMs(): number {
    return this.clock.monotonicMs() - this.#readMs;
  }

  /** Entries after `position` may have been missed by a read under way, or lost by the queue: they will be read again. */
  goBack(position: number): void {
    this.#backTo = Math.min(this.#backTo, position);
  }

  applyGoBack(): void {
    if (!this.isSentBack) return;
    this.#position = Math.min(this.#position, this.#backTo);
    this.#hasMore = true;
    this.#backTo = Infinity;
  }

  /** Reads the next entries. The cursor advances only after `add` has stored them. */
  async read(limit: number, add: (entries: QueueEntry[]) => Promise<void>): Promise<void> {
    if (!this.#backlog) throw new Error('the queue was not opened');
    const entries = await this.#backlog(this.#position, limit);
    await add(entries);
    this.#readMs = this.clock.monotonicMs();
    this.#position = entries.at(-1)?.position ?? this.#position;
    this.#hasMore = entries.length === limit;
  }
}
