import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../../common/clock.js';

/**
 * A body is in memory as bytes, text, values, SQL parameters and what the driver sends. Measured with the flags of `npm
 * start` while PostgreSQL did not answer: 6 bytes of memory for each byte of large orders, 8 or 9 in the worst case (a
 * thousand short numbers). So a sixteenth of the heap becomes half of it, room for 500 orders of 64 KiB at once.
 */
const PART_OF_HEAP = 1 / 16;

/** When there is no room, bodies that have been arriving for longer than this are given up for others. */
const PATIENCE_MS = 1000;

/** The budget is never smaller: a body of the largest size fits in together with its compressed form. */
const LARGEST_BODIES = 2;
const FOR_HEADERS = 65_536;

/**
 * Bounds the bytes of all bodies in memory, each from its first byte until its answer is finished. Received bytes count,
 * not announced ones, so a client that announces much and sends little blocks nobody. Nor does one that sends nearly all
 * and then waits: when there is no room, bodies that have been arriving for a second are given up, the oldest first.
 */
export class BodyBudget {
  readonly #bytes: number;
  readonly #arriving = new Set<BodyShare>(); // the oldest first
  #used = 0;

  /** @param largest the largest allowed body, for which there is always room */
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

  /** Counts the bytes if there is room, or if others give up theirs. @returns whether they are counted */
  reserve(share: BodyShare, bytes: number): boolean {
    if (bytes > this.room) this.#makeRoom(share, bytes);
    if (bytes > this.room) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }

  /** The rest of this body is still to come: from now on it may have to be given up. */
  await(share: BodyShare): void {
    share.since = this.clock.monotonicMs();
    this.#arriving.add(share);
  }

  /** The body has arrived, or its request has ended. */
  awaitNoMore(share: BodyShare): void {
    this.#arriving.delete(share);
  }

  #makeRoom(asking: BodyShare, bytes: number): void {
    const tooLong = this.clock.monotonicMs() - PATIENCE_MS;
    for (const share of this.#arriving) {
      if (bytes <= this.room || share.since > tooLong) return;
      if (share !== asking) share.makeWay();
    }
  }
}

/** One request's part of the budget: its body, and what the request costs besides. */
export class BodyShare {
  /** Since when it has waited for the rest of its body, on the monotonic clock; 0: it never has. */
  since = 0;
  /** Gives up the body that is arriving. */
  makeWay: () => void = () => undefined;
  #bytes = 0;

  /** @param fixed bytes that the request takes beside its body */
  constructor(
    private readonly budget: BodyBudget,
    private readonly fixed: number,
  ) {}

  /** The largest size to which `resize` could set this body now. */
  get room(): number {
    return this.budget.room + this.#bytes - this.fixed;
  }

  /** Counts a body of this size instead of the last one. @returns whether there is room; if not, nothing changes */
  resize(size: number): boolean {
    const more = this.fixed + size - this.#bytes;
    if (more > 0 && !this.budget.reserve(this, more)) return false;
    if (more < 0) this.budget.release(-more);
    this.#bytes += more;
    return true;
  }

  waits(): void {
    this.budget.await(this);
  }

  waitsNoMore(): void {
    if (this.since > 0) this.budget.awaitNoMore(this);
  }

  /** The answer is finished, or the client is gone. */
  close(): void {
    this.waitsNoMore();
    this.budget.release(this.#bytes);
    this.#bytes = 0;
  }
}
