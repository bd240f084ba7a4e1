import type { Clock } from './clock.js';

const WINDOW_SECONDS = 60;

/** How many times something happened a second, over the last minute or since it was made, whichever is shorter. */
export class RateMeter {
  readonly #counts = Array.from({ length: WINDOW_SECONDS }, () => 0);
  #second: number;
  readonly #sinceMs: number;

  constructor(private readonly clock: Clock) {
    this.#sinceMs = clock.monotonicMs();
    this.#second = Math.floor(this.#sinceMs / 1000);
  }

  add(count: number): void {
    const slot = this.#advance() % WINDOW_SECONDS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
  }

  perSecond(): number {
    this.#advance();
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    const elapsed = (this.clock.monotonicMs() - this.#sinceMs) / 1000;
    return total / Math.min(WINDOW_SECONDS, Math.max(1, elapsed));
  }

  /** Empties the slots of the seconds that passed unseen. */
  #advance(): number {
    const second = Math.floor(this.clock.monotonicMs() / 1000);
    for (let past = Math.max(this.#second + 1, second - WINDOW_SECONDS + 1); past <= second; past++)
      this.#counts[past % WINDOW_SECONDS] = 0;
    this.#second = second;
    return second;
  }
}
