import { Clock } from '../../src/common/clock.js';

/** The real clock, whose time of day a test sets. Timers and the monotonic clock know nothing of it. */
export class SteppingClock extends Clock {
  #offsetMs = 0;
  #heldAt: number | undefined;

  override now(): number {
    return this.#heldAt ?? Math.round(super.now() + this.#offsetMs);
  }

  /** Sets it forward, or back when `ms` is negative. */
  step(ms: number): void {
    this.#offsetMs += ms;
  }

  /** From now on it stands still. */
  stop(): void {
    this.#heldAt = this.now();
  }
}
