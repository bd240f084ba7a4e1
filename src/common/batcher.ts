import { Clock } from './clock.js';

/** The outcome of one item of a batch. */
export type Outcome<Result> = { value: Result } | { error: unknown };

/** More items wait than a `Batcher` may hold. */
export class BatcherFull extends Error {
  override message = 'Too much is waiting already; please try again.';
}

/** Sizes are in whatever unit `of` has. */
export interface SizeLimits<Item> {
  of(item: Item): number;
  /** Most in one flush; a larger item is flushed alone. */
  maxBatch: number;
  /** Most that may wait. An item that would exceed it is refused with `BatcherFull`, unless nothing else waits. */
  maxWaiting: number;
}

export interface BatcherOptions<Item = unknown> {
  /** Most items given to one flush. */
  maxBatch: number;
  /** Most items that may wait; one more is refused with `BatcherFull`. */
  maxWaiting: number;
  /** Where items differ in size: bounds on one flush and on all that waits, besides their number. */
  size?: SizeLimits<Item>;
  /** Most flushes under way at once; they begin in the order of arrival. */
  maxFlushes: number;
  /**
   * Whether to wait while a burst still brings items: worthwhile where a flush blocks the whole process (SQLite). Elsewhere
   * the process goes on during a flush, and what arrives meanwhile shares the next one.
   */
  gathers: boolean;
  /** Whether an error concerns the whole batch (the database is unavailable), so that the items are not tried alone. */
  isShared(error: unknown): boolean;
  /** Says when a turn of the event loop has ended; default: the event loop itself. */
  clock?: Pick<Clock, 'turn'>;
}

/**
 * Group commit: items that arrive in one turn of the event loop, or while flushes run, share the next flush. No timer: it
 * flushes at the end of a turn or, if it gathers, of the first turn that brings nothing new. Flushes keep the order of
 * arrival. When a flush fails for a reason that may be one item's, each item is tried alone, so that only a bad one fails.
 */
export class Batcher<Item, Result> {
  readonly #waiting: Waiting<Item, Result>[] = [];
  #waitingSize = 0;
  #running = 0;
  #isGathering = false;
  readonly #clock: Pick<Clock, 'turn'>;

  constructor(
    private readonly flush: (items: Item[]) => Promise<Outcome<Result>[]>,
    private readonly options: BatcherOptions<Item>,
  ) {
    this.#clock = options.clock ?? new Clock();
  }

  /** Resolves or rejects with the item's own outcome, after the flush that carried it. */
  add(item: Item): Promise<Result> {
    return new Promise<Result>((resolve, reject) =>
      this.#push(item, (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value))),
    );
  }

  /** Resolves with each item's outcome, in their order, after the last flush that carried one of them. */
  addAll(items: Item[]): Promise<Outcome<Result>[]> {
    return new Promise((resolve) => {
      const outcomes: Outcome<Result>[] = [];
      let left = items.length;
      if (left === 0) resolve(outcomes);
      items.forEach((item, index) =>
        this.#push(item, (outcome) => {
          outcomes[index] = outcome;
          if (--left === 0) resolve(outcomes);
        }),
      );
    });
  }

  #push(item: Item, settle: (outcome: Outcome<Result>) => void): void {
    const size = this.options.size?.of(item) ?? 0;
    if (!this.#hasRoomFor(size)) return settle({ error: new BatcherFull() });
    this.#waiting.push({ item, size, settle });
    this.#waitingSize += size;
    if (!this.#isGathering && this.#running < this.options.maxFlushes) void this.#run();
  }

  #hasRoomFor(size: number): boolean {
    const { maxWaiting, size: limits } = this.options;
    if (this.#waiting.length === 0) return true;
    return this.#waiting.length < maxWaiting && this.#waitingSize + size <= (limits?.maxWaiting ?? Infinity);
  }

  async #run(): Promise<void> {
    this.#running++;
    while (this.#waiting.length > 0 && !this.#isGathering) {
      await this.#gather();
      await this.#settle(this.#next());
    }
    this.#running--;
  }

  /** Takes out what the next flush carries. */
  #next(): Waiting<Item, Result>[] {
    const { maxBatch, size: limits } = this.options;
    const most = Math.min(maxBatch, this.#waiting.length);
    let size = 0;
    let count = 0;
    for (; count < most; count++) {
      const { size: itsSize } = this.#waiting[count] ?? { size: 0 };
      if (count > 0 && limits && size + itsSize > limits.maxBatch) break;
      size += itsSize;
    }
    this.#waitingSize -= size;
    return this.#waiting.splice(0, count);
  }

  async #gather(): Promise<void> {
    const { gathers, maxBatch } = this.options;
    this.#isGathering = true;
    let before;
    do {
      before = this.#waiting.length;
      await this.#clock.turn();
    } while (gathers && this.#waiting.length > before && this.#waiting.length < maxBatch);
    this.#isGathering = false;
  }

  async #settle(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const outcomes = await this.flush(batch.map(({ item }) => item));
      batch.forEach(({ settle }, index) =>
        settle(outcomes[index] ?? { error: new Error('a flush forgot an item') }),
      );
    } catch (error) {
      if (batch.length === 1 || this.options.isShared(error))
        batch.forEach(({ settle }) => settle({ error }));
      else for (const alone of batch) await this.#settle([alone]);
    }
  }
}

interface Waiting<Item, Result> {
  item: Item;
  size: number;
  settle: (outcome: Outcome<Result>) => void;
}
