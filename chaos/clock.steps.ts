import type { Random } from './random.ts';

const LARGEST_STEP_MS = 15_000;
const FURTHEST_MS = 30_000;

/** A wall clock that is set, back and forth, by up to 15 s each time. */
export class ClockSteps {
  /** How far it is off now. */
  offsetMs = 0;
  steps = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Sets the clock by a random step. @returns how far it is off then */
  step(byMs = Math.round((2 * this.#random() - 1) * LARGEST_STEP_MS)): number {
    this.steps++;
    const next = this.offsetMs + byMs;
    return (this.offsetMs = Math.max(-FURTHEST_MS, Math.min(FURTHEST_MS, next)));
  }
}
