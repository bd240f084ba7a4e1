export type Labels = Record<string, string>;

export interface Sample {
  /** What follows the name of the family: `_bucket`, `_sum`, `_count` of a histogram. */
  suffix?: '_bucket' | '_sum' | '_count';
  labels: Labels;
  value: number;
}

/** All samples of one name, as Prometheus's text formats group them. The name of a counter ends in `_total`. */
export interface MetricFamily {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: Sample[];
}

export function gauge(name: string, help: string, value: number, labels: Labels = {}): MetricFamily {
  return { name, help, type: 'gauge', samples: [{ labels, value }] };
}

/** A gauge with a sample for each value of one label. */
export function gaugeBy(
  label: string,
  name: string,
  help: string,
  values: Record<string, number>,
): MetricFamily {
  const samples = Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
  return { name, help, type: 'gauge', samples };
}

export function counter(name: `${string}_total`, help: string, value: number): MetricFamily {
  return { name, help, type: 'counter', samples: [{ labels: {}, value }] };
}

/** How many observations are in the bucket of each bound and in no lower one; those above the last bound have `Infinity`. */
export interface Distribution {
  bounds: readonly number[];
  counts: readonly number[];
  sum: number;
}

/** @param scale how many of the observations' units are one of the name's: 1000 where milliseconds are told in seconds */
export function histogram(
  name: string,
  help: string,
  { bounds, counts, sum }: Distribution,
  scale = 1,
): MetricFamily {
  let count = 0;
  const buckets = bounds.map((bound, index): Sample => {
    count += counts[index] ?? 0;
    const le = bound === Infinity ? '+Inf' : String(bound / scale);
    return { suffix: '_bucket', labels: { le }, value: count };
  });
  const samples: Sample[] = [
    ...buckets,
    { suffix: '_sum', labels: {}, value: sum / scale },
    { suffix: '_count', labels: {}, value: count },
  ];
  return { name, help, type: 'histogram', samples };
}
