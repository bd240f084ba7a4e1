import { CompletionEstimate } from '../../src/metrics/completion.estimate.js';
import { toCounts, type OrderCounts } from '../../src/metrics/order.counters.js';
import { HeldClock } from '../support/held.clock.js';

const CONFIG = { PROCESSOR_CONCURRENCY: 10, PROCESSING_TIME_MS: 2000 };

/** The counters with so many orders in these statuses, and so many completions that took `eachMs`. */
function counts(pending: number, processing: number, completed = 0, eachMs = 0): OrderCounts {
  const empty = toCounts([]);
  const byStatus = { ...empty.byStatus, Pending: pending, Processing: processing, Completed: completed };
  return { ...empty, byStatus, completed, processingMs: completed * eachMs };
}

describe('the estimate of a completion', () => {
  let clock: HeldClock;
  let estimate: CompletionEstimate;
  beforeEach(() => {
    clock = new HeldClock();
    estimate = new CompletionEstimate(clock, CONFIG);
  });

  it('is one duration for an order that finds a free slot, and one more for every ten before it', () => {
    const until = estimate.from(counts(100, 0));
    expect([1, 10, 11, 20, 110].map(until)).toEqual([2000, 2000, 2200, 4000, 22_000]);
    expect(estimate.from(counts(100, 10))(10)).toBe(4000);
  });

  it('takes the average of all completions, and of the last minute when there are enough', () => {
    expect(estimate.from(counts(0, 0, 100, 50))(1)).toBe(50);
    clock.advance(10_000);
    const faster = { ...counts(0, 0, 200), processingMs: 100 * 50 + 100 * 10 };
    expect(estimate.from(faster)(1)).toBe(10);
    clock.advance(61_000);
    expect(estimate.from(faster)(1)).toBe(30);
  });

  it('goes by the rate that was seen since orders wait, of all processes', () => {
    estimate.from(counts(1000, 10, 100, 100));
    clock.advance(2000);
    expect(estimate.from(counts(900, 10, 200, 100))(100)).toBe(2000 + 100); // 50 a second
    estimate.from(counts(0, 0, 1100, 100));
    clock.advance(30_000);
    expect(estimate.from(counts(1000, 10, 1100, 100))(100)).toBe(1000 + 100); // as if all slots were busy
    clock.advance(500);
    expect(estimate.from(counts(900, 10, 1200, 100))(100)).toBe(1000 + 100); // too short to tell
  });

  it('is not misled by a queue in which nothing has been completed yet', () => {
    estimate.from(counts(1000, 10));
    clock.advance(5000);
    expect(estimate.from(counts(1000, 10))(10)).toBe(4000);
  });
});
