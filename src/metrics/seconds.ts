/** Milliseconds as the metrics tell durations: seconds, exact to a millisecond. */
export function seconds(ms: number): number {
  return Number((ms / 1000).toFixed(3));
}

/** @param of tells a percentile in milliseconds */
export function percentilesInSeconds(of: (percent: number) => number) {
  return { p50: seconds(of(50)), p95: seconds(of(95)), p99: seconds(of(99)) };
}
