import { Clock } from './clock.js';

/** What became of one item of a batch. */
export type Outcome<Result> = { value: Result } | { error: unknown };

/** More items wait than a `Batcher` may hold. */
export class BatcherFull extends Error {
  override message = 'Too much is waiting already; please try again.';
}

/** Sizes are in whatever unit `of` has. */
export interface SizeLimits<Item> {
  of(item: Item): number;
  /** Most in one flush; an item that is larger goes alone. */
  maxBatch: number;
  /** Most that may wait; an item that would make it more is refused with `BatcherFull`, unless nothing else waits. */
  maxWaiting: number;
}

export interface BatcherOptions<Item = unknown> {
  /** Most items given to one flush. */
  maxBatch: number;
  /** Most items that may wait; one more is refused with `BatcherFull`. */
  maxWaiting: number;
  /** Where items differ in size: what bounds one flush, and all that waits, besides their number. */
  size?: SizeLimits<Item>;
  /** Most flushes under way at once; they begin in the order of arrival. */
  maxFlushes: number;
  /**
   * Whether to wait for what a burst still brings: worthwhile where a flush holds up the whole process (SQLite). Where it
   * does not, this process goes on while the flush is under way, and what comes shares the next one.
   */
  gathers: boolean;
  /** True when an error is the whole batch's (the database is gone): it is not worth trying the items alone. */
  isShared(error: unknown): boolean;
  /** Whose turns it waits for; the event loop's otherwise. */
  clock?: Pick<Clock, 'turn'>;
}

/**
 * Group commit: items that arrive while flushes run, or in the same turn of the event loop, share the next one.
 * No timer: it flushes at the end of a turn; one that gathers, at the end of the first that brings nothing new.
 * Flushes keep the order of arrival.
 * When a flush fails for a reason that may be one item's, each item is tried alone, so that a bad one fails alone.
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
