import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../../common/clock.js';

/**
 * A body lives as bytes, text, values, statement and what the driver sends. Measured with the flags of `npm start` while
 * PostgreSQL stood still: 6 bytes of memory for each byte of large orders, 8 or 9 for orders of a thousand short numbers,
 * which are the worst. So a sixteenth of the heap becomes half of it, and lets 500 orders of 64 KiB through at once.
 */
const PART_OF_HEAP = 1 / 16;

/** While there is no room, a body that has been on its way for longer than this makes way for others. */
const PATIENCE_MS = 1000;

/** What may be in memory at once is never less than this: a body of the largest size has room beside it compressed. */
const LARGEST_BODIES = 2;
const FOR_HEADERS = 65_536;

/**
 * Bounds the bodies that are in memory at once, each from its first byte until its answer is finished. What has come
 * counts, not what was announced: who announces much and sends little keeps nobody out. Nor does who sends nearly all
 * and then waits: when there is no room, bodies that have been arriving for a second make way, the oldest first.
 */
export class BodyBudget {
  readonly #bytes: number;
  readonly #arriving = new Set<BodyShare>(); // the oldest first
  #used = 0;

  /** @param largest size of a body that there is room for always */
  constructor(
    largest: number,
    private readonly clock: Clock,
  ) {
    this.#bytes = Math.max(
      LARGEST_BODIES * largest + FOR_HEADERS,
      getHeapStatistics().heap_size_limit * PART_OF_HEAP,
    );
  }

  /** How many bytes are left. */
  get room(): number {
    return this.#bytes - this.#used;
  }

  /** Counts the bytes if there is room for them, or if others make way. */
  take(share: BodyShare, bytes: number): boolean {
    if (bytes > this.room) this.#makeRoom(share, bytes);
    if (bytes > this.room) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }

  /** The body of this share will be a while: it is one of those that make way. */
  await(share: BodyShare): void {
    share.since = this.clock.monotonicMs();
    this.#arriving.add(share);
  }

  /** It is all here, or nobody waits for it any more. */
  awaitNoMore(share: BodyShare): void {
    this.#arriving.delete(share);
  }

  #makeRoom(taker: BodyShare, bytes: number): void {
    const tooLong = this.clock.monotonicMs() - PATIENCE_MS;
    for (const share of this.#arriving) {
      if (bytes <= this.room || share.since > tooLong) return;
      if (share !== taker) share.makeWay();
    }
  }
}

/** One request's part of the budget: its body, and what the request costs besides. */
export class BodyShare {
  /** Since when it waits for more of its body, on the monotonic clock; 0: it never did. */
  since = 0;
  /** Gives up the body that is arriving. */
  makeWay: () => void = () => undefined;
  #bytes = 0;

  /** @param fixed bytes that the request costs beside its body */
  constructor(
    private readonly budget: BodyBudget,
    private readonly fixed: number,
  ) {}

  /** The largest body that there is room for now, instead of the one that is counted. */
  get room(): number {
    return this.budget.room + this.#bytes - this.fixed;
  }

  /** Counts a body of this size instead of what was counted. @returns whether there is room; if not, all is as before */
  resize(size: number): boolean {
    const more = this.fixed + size - this.#bytes;
    if (more > 0 && !this.budget.take(this, more)) return false;
    if (more < 0) this.budget.giveBack(-more);
    this.#bytes += more;
    return true;
  }

  waits(): void {
    this.budget.await(this);
  }

  waitsNoMore(): void {
    if (this.since > 0) this.budget.awaitNoMore(this);
  }

  /** The answer is finished, or nobody is there to read it. */
  close(): void {
    this.waitsNoMore();
    this.budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}
