import type { Clock } from '../common/clock.js';

const WINDOW_SECONDS = 60;

/** Events per second, over the last minute or since the meter was made, whichever is shorter. */
export class RateMeter {
  /** Each second of the window has one bucket. */
  readonly #buckets = Array.from({ length: WINDOW_SECONDS }, () => 0);
  #second: number;
  readonly #sinceMs: number;

  constructor(private readonly clock: Clock) {
    this.#sinceMs = clock.monotonicMs();
    this.#second = Math.floor(this.#sinceMs / 1000);
  }

  add(count: number): void {
    const bucket = this.#advance() % WINDOW_SECONDS;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + count;
  }

  perSecond(): number {
    this.#advance();
    const total = this.#buckets.reduce((sum, count) => sum + count, 0);
    const elapsed = (this.clock.monotonicMs() - this.#sinceMs) / 1000;
    return total / Math.min(WINDOW_SECONDS, Math.max(1, elapsed));
  }

  /** Empties the buckets of the seconds since the last call. @returns the present second */
  #advance(): number {
    const second = Math.floor(this.clock.monotonicMs() / 1000);
    for (let past = Math.max(this.#second + 1, second - WINDOW_SECONDS + 1); past <= second; past++)
      this.#buckets[past % WINDOW_SECONDS] = 0;
    this.#second = second;
    return second;
  }
}
