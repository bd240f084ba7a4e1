import type { Clock } from '../common/clock.js';

/**
 * The time of day for what cannot be undone. A clock that is set forward counts only when it still says so at the next look;
 * until then no more time has gone by than on the monotonic clock. One that is set back counts at once.
 */
export class SteadyTime {
  #before: { now: number; monotonicMs: number };

  constructor(private readonly clock: Clock) {
    this.#before = { now: clock.now(), monotonicMs: clock.monotonicMs() };
  }

  /** In milliseconds since 1970. */
  look(): number {
    const now = this.clock.now();
    const monotonicMs = this.clock.monotonicMs();
    const expected = this.#before.now + (monotonicMs - this.#before.monotonicMs);
    this.#before = { now, monotonicMs };
    return Math.min(now, expected);
  }
}
