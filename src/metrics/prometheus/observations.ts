import type { Distribution } from './metric.family.js';

/** Counts observations of this process by bounds. An observation costs some nanoseconds; nothing is made of it before a scrape. */
export class Observations implements Distribution {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  /** @param bounds ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = [...bounds, Infinity];
    this.counts = this.bounds.map(() => 0);
  }

  add(value: number): void {
    let index = 0;
    while (value > (this.bounds[index] ?? Infinity)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }
}
