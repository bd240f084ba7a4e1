/** What became of one item of a batch. */
export type Outcome<Result> = { value: Result } | { error: unknown };

/** More items wait than a `Batcher` may hold. */
export class BatcherFull extends Error {}

export interface BatcherOptions {
  /** Most items given to one flush. */
  maxBatch: number;
  /** Most items that may wait; one more is refused with `BatcherFull`. */
  maxWaiting: number;
  /** Most flushes under way at once; they begin in the order of arrival. */
  maxFlushes: number;
  /**
   * Whether to wait for what a burst still brings: worthwhile where a flush holds up the whole process (SQLite). Where it
   * does not, this process goes on while the flush is under way, and what comes shares the next one.
   */
  gathers: boolean;
  /** True when an error is the whole batch's (the database is gone): it is not worth trying the items alone. */
  isShared(error: unknown): boolean;
}

/**
 * Group commit: items that arrive while flushes run, or in the same turn of the event loop, share the next one.
 * No timer: it flushes at the end of a turn; one that gathers, at the end of the first that brings nothing new.
 * Flushes keep the order of arrival.
 * When a flush fails for a reason that may be one item's, each item is tried alone, so that a bad one fails alone.
 */
export class Batcher<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #running = 0;
  #isGathering = false;

  constructor(
    private readonly flush: (items: Item[]) => Promise<Outcome<Result>[]>,
    private readonly options: BatcherOptions,
  ) {}

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
    if (this.#waiting.length >= this.options.maxWaiting) return settle({ error: new BatcherFull() });
    this.#waiting.push({ item, settle });
    if (!this.#isGathering && this.#running < this.options.maxFlushes) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running++;
    while (this.#waiting.length > 0 && !this.#isGathering) {
      await this.#gather();
      await this.#settle(this.#waiting.splice(0, this.options.maxBatch));
    }
    this.#running--;
  }

  async #gather(): Promise<void> {
    const { gathers, maxBatch } = this.options;
    this.#isGathering = true;
    let before;
    do {
      before = this.#waiting.length;
      await new Promise(setImmediate);
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
  settle: (outcome: Outcome<Result>) => void;
}
