import fc from 'fast-check';
import { bucketOf, durationOf, interpolatedPercentile, percentile } from '../../src/metrics/histogram.js';
import { CounterDeltas, toCounts } from '../../src/metrics/order.counters.js';

/** Up to 49 days, each order of magnitude as likely as the other. */
const duration = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
  .map(([shift, value]) => value >>> shift);

const histogramOf = (durations: number[]) => {
  const histogram = new Map<number, number>();
  for (const ms of durations) histogram.set(bucketOf(ms), (histogram.get(bucketOf(ms)) ?? 0) + 1);
  return histogram;
};

describe('the histogram of durations', () => {
  it('keeps a duration to within 0.8 %', () => {
    fc.assert(
      fc.property(duration, (ms) => {
        expect(Math.abs(durationOf(bucketOf(ms)) - ms)).toBeLessThanOrEqual(ms * 0.008);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps durations below 128 ms exactly', () => {
    for (let ms = 0; ms < 128; ms++) expect(durationOf(bucketOf(ms))).toBe(ms);
  });

  it('never puts a longer duration into a lower bucket, and leaves none out', () => {
    const steps = Array.from({ length: 100_000 }, (_, ms) => bucketOf(ms + 1) - bucketOf(ms));
    expect(new Set(steps)).toEqual(new Set([0, 1]));
    fc.assert(
      fc.property(duration, duration, (a, b) => {
        expect(Math.sign(bucketOf(a) - bucketOf(b)) * Math.sign(a - b)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 5000 },
    );
  });

  it('has the nearest-rank percentile of what was counted', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(50, 95, 99),
        (durations, percent) => {
          const sorted = durations.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? NaN;
          expect(percentile(histogramOf(durations), percent)).toBe(durationOf(bucketOf(exact)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('has the n-th of a hundred durations as the n-th percentile', () => {
    const percents = Array.from({ length: 100 }, (_, index) => index + 1);
    const histogram = histogramOf(percents);
    expect(percents.map((percent) => percentile(histogram, percent))).toEqual(percents);
  });

  it('has the percentile 0 when it is empty', () => {
    expect(percentile(new Map(), 50)).toBe(0);
  });
});

describe('a histogram of few buckets', () => {
  const BOUNDS = [10, 100, Infinity];

  it.each([
    ['spreads values evenly over their bucket', [[10, 100]], 50, 5],
    ['begins a bucket where the one before ends', [[100, 10]], 50, 55],
    ['passes the buckets below', [[10, 90], [100, 10]], 95, 55], // prettier-ignore
    ['tells the beginning of the last bucket, which has no end', [[Infinity, 3]], 99, 100],
    ['is 0 when it is empty', [], 50, 0],
  ] as [string, [number, number][], number, number][])('%s', (_, counts, percent, expected) => {
    expect(interpolatedPercentile(BOUNDS, new Map(counts), percent)).toBe(expected);
  });
});

describe('the counters', () => {
  it('leave out what cancels itself out', () => {
    const deltas = new CounterDeltas();
    const order = { attempt: 2, at: 5, createdAt: 1, startedAt: 2, reason: null };
    deltas.inStatus('Pending', 2);
    deltas.add({ ...order, from: 'Pending', to: 'Processing' });
    deltas.add({ ...order, from: 'Processing', to: 'Pending' });
    expect(deltas.entries()).toEqual([
      ['Pending', 2],
      ['retried', 1],
    ]);
  });

  it('are read as they were written', () => {
    const deltas = new CounterDeltas();
    deltas.inStatus('Pending', 3);
    for (const waitMs of [40, 2]) {
      const order = { attempt: 1, createdAt: 1000, startedAt: 1000 + waitMs, reason: null };
      deltas.add({ ...order, from: 'Pending', to: 'Processing', at: order.startedAt });
      deltas.add({ ...order, from: 'Processing', to: 'Completed', at: order.startedAt + 100 });
    }
    expect(toCounts(deltas.entries().map(([name, value]) => ({ name, value })))).toEqual({
      byStatus: { Pending: 1, Processing: 0, Completed: 2, Failed: 0, Cancelled: 0 },
      deleted: { Pending: 0, Processing: 0, Completed: 0, Failed: 0, Cancelled: 0 },
      started: 2,
      waitMs: 42,
      completed: 2,
      processingMs: 200,
      waits: new Map([
        [5, 1],
        [50, 1],
      ]),
      processingTimes: new Map([[100, 2]]),
      retried: 0,
      interrupted: 0,
      redriven: 0,
    });
  });

  it('tell an attempt that failed from one that was cut off, and both from what a person had done anew', () => {
    const deltas = new CounterDeltas();
    const order = { attempt: 1, at: 5, createdAt: 1, startedAt: 2 };
    const back = { ...order, from: 'Processing', to: 'Pending' } as const;
    for (const reason of [
      'busy: later',
      'interrupted: said the handler',
      null,
      'interrupted',
      'released at shutdown',
    ])
      deltas.add({ ...back, reason });
    deltas.add({ ...order, from: 'Failed', to: 'Pending', reason: 'retried' });
    expect(Object.fromEntries(deltas.entries())).toMatchObject({ retried: 3, interrupted: 2, redriven: 1 });
  });

  it('count a wait in the bucket of the first bound that it does not exceed', () => {
    const deltas = new CounterDeltas();
    for (const waitMs of [-1, 0, 5, 6, 10, 86_400_000, 86_400_001]) deltas.firstStart(waitMs);
    const { started, waits } = toCounts(deltas.entries().map(([name, value]) => ({ name, value })));
    expect(started).toBe(7);
    expect(Object.fromEntries(waits)).toEqual({ 5: 3, 10: 2, 86_400_000: 1, Infinity: 1 });
  });
});
