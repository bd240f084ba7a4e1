import type { Clock } from '../common/clock.js';
import type { Backlog, QueueEntry } from './queue.driver.js';

/** How far the backlog was read. It can be sent back at any time; that counts from the next `settle` on. */
export class BacklogCursor {
  #backlog: Backlog | undefined;
  /** Every entry of the backlog up to this position was seen. */
  #position = 0;
  #hasMore = false;
  /** Where to read from again; Infinity: nowhere. */
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

  /** How long nothing was read. */
  get idleMs(): number {
    return this.clock.monotonicMs() - this.#readMs;
  }

  /** The read that is under way may have missed what stands behind `position`, or the queue lost it. */
  goBack(position: number): void {
    this.#backTo = Math.min(this.#backTo, position);
  }

  settle(): void {
    if (!this.isSentBack) return;
    this.#position = Math.min(this.#position, this.#backTo);
    this.#hasMore = true;
    this.#backTo = Infinity;
  }

  /** Reads on, and goes on only after `add` took what was read. */
  async read(limit: number, add: (entries: QueueEntry[]) => Promise<void>): Promise<void> {
    if (!this.#backlog) throw new Error('the queue was not opened');
    const entries = await this.#backlog(this.#position, limit);
    await add(entries);
    this.#readMs = this.clock.monotonicMs();
    this.#position = entries.at(-1)?.position ?? this.#position;
    this.#hasMore = entries.length === limit;
  }
}
