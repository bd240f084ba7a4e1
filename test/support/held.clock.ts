import { Clock } from '../../src/common/clock.js';

/** A clock that moves only when a test moves it. Both of its readings move together. */
export class HeldClock extends Clock {
  #at: number;

  constructor(at = Date.parse('2026-01-01T00:00:00Z')) {
    super();
    this.#at = at;
  }

  override now(): number {
    return this.#at;
  }

  override monotonicMs(): number {
    return this.#at;
  }

  advance(ms: number): void {
    this.#at += ms;
  }
}
