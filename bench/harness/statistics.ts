/** The value that `percent` of all values do not exceed, by nearest rank. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [below = Number.NaN, above = below] =
    sorted.length % 2 ? [sorted[half]] : sorted.slice(half - 1, half + 1);
  return (below + above) / 2;
}

/** How many times `values` is `base`: the median over the rounds, so that a slow moment hits both sides. */
export function ratio(values: number[], base: number[]): number {
  return median(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}

/** The slope of the least-squares line through the points. */
export function slope(xs: number[], ys: number[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x0, y0] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((x, index) => (x - x0) * ((ys[index] ?? y0) - y0)));
  return covariance / mean(xs.map((x) => (x - x0) ** 2));
}
