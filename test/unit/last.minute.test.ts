import { bucketOf } from '../../src/metrics/histogram.js';
import { LastMinute } from '../../src/metrics/stream/last.minute.js';

const look = (waits: [number, number][], times: [ms: number, count: number][]) => ({
  waits: new Map(waits),
  processingTimes: new Map(times.map(([ms, count]) => [bucketOf(ms), count])),
});

describe('the percentiles of the last minute', () => {
  it('are of what came since the first look, and null of nothing', () => {
    const recent = new LastMinute();
    const ever = look([[1000, 500]], [[2000, 500]]);
    expect(recent.look(0, ever)).toEqual({ wait_time: null, processing_time: null });
    const more = look([[1000, 500], [5, 100]], [[2000, 500], [10, 98], [100, 2]]); // prettier-ignore
    expect(recent.look(1000, more)).toEqual({
      wait_time: { p50: 0.003, p95: 0.005, p99: 0.005 },
      processing_time: { p50: 0.01, p95: 0.01, p99: 0.1 },
    });
  });

  it('forget what is older than a minute', () => {
    const recent = new LastMinute();
    recent.look(0, look([], []));
    recent.look(30_000, look([], [[2000, 10]]));
    expect(recent.look(60_000, look([], [[2000, 10]])).processing_time?.p50).toBeCloseTo(2, 1);
    expect(recent.look(60_001, look([], [[2000, 10]])).processing_time).toBeNull();
    expect(recent.look(80_000, look([], [[2000, 10], [10, 1]])).processing_time?.p99).toBe(0.01); // prettier-ignore
  });
});
