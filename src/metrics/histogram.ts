/** Buckets of a histogram are exact below 128 ms; above, each power of two has 64: no value is off by more than 0.8 %. */
const EXACT = 128;
const PER_OCTAVE = 64;

/** All longer ones, 49 days and more, share a bucket. */
const LONGEST = 2 ** 32 - 1;

/** The bucket of a duration in whole milliseconds. The scheme is HdrHistogram's: linear buckets inside octaves. */
export function bucketOf(duration: number): number {
  const durationMs = Math.min(duration, LONGEST);
  if (durationMs < EXACT) return durationMs;
  const octave = 31 - Math.clz32(durationMs); // 7 for 128…255
  return EXACT + (octave - 7) * PER_OCTAVE + (durationMs >>> (octave - 6)) - PER_OCTAVE;
}

/** The duration that stands for a bucket, in milliseconds: its middle. */
export function durationOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const octave = 7 + Math.floor((bucket - EXACT) / PER_OCTAVE);
  const width = 2 ** (octave - 6);
  return (PER_OCTAVE + ((bucket - EXACT) % PER_OCTAVE)) * width + (width - 1) / 2;
}

/** The nearest-rank percentile of a histogram in milliseconds; 0 when it is empty. */
export function percentile(histogram: ReadonlyMap<number, number>, percent: number): number {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  let rank = Math.max(1, Math.ceil((percent * total) / 100));
  for (const [bucket, count] of [...histogram].sort(([a], [b]) => a - b)) {
    rank -= count;
    if (rank <= 0) return durationOf(bucket);
  }
  return 0;
}

/**
 * A percentile of a histogram with few and wide buckets, each counted under the highest value that is in it: as if the values
 * of a bucket were spread evenly over it, like Prometheus' `histogram_quantile`. 0 when it is empty; of a bucket without an
 * end, its beginning.
 */
export function interpolatedPercentile(
  bounds: readonly number[],
  counts: ReadonlyMap<number, number>,
  percent: number,
): number {
  const total = bounds.reduce((sum, bound) => sum + (counts.get(bound) ?? 0), 0);
  let rank = (percent * total) / 100;
  let lower = 0;
  for (const bound of bounds) {
    const count = counts.get(bound) ?? 0;
    if (count > 0 && rank <= count)
      return bound === Infinity ? lower : lower + ((bound - lower) * rank) / count;
    rank -= count;
    lower = bound;
  }
  return 0;
}
