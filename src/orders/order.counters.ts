import type { OrderStatus } from './order.status.js';

/** Sums over all orders: counts by status, total waiting and processing time, and a histogram of the latter. */
export interface OrderCounts {
  byStatus: Record<OrderStatus, number>;
  /** First starts, and the sum of started − accepted over them, in milliseconds. */
  started: number;
  waitMs: number;
  /** Sum of completed − started over completed orders, in milliseconds. */
  processingMs: number;
  /** Percentiles of completed − started over completed orders, in milliseconds, within 0.8 %. */
  processing: { p50: number; p95: number; p99: number };
}

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

/** Changes to the counters, gathered over one transaction and written with it. */
export class CounterDeltas {
  readonly #deltas = new Map<string, number>();

  /** Orders that came to `to`, from `from` or newly accepted. */
  moved(from: OrderStatus | null, to: OrderStatus, count = 1): void {
    if (from) this.#add(from, -count);
    this.#add(to, count);
  }

  firstStarted(waitMs: number): void {
    this.#add('started', 1);
    this.#add('wait_ms', waitMs);
  }

  completed(processingMs: number): void {
    this.#add('processing_ms', processingMs);
    this.#add(`processing_ms:${bucketOf(processingMs)}`, 1);
  }

  /** Numbers of the sequence used up; the counter survives the rows, so no number is given twice. */
  numbered(count: number): void {
    this.#add('last_seq', count);
  }

  /** In the order of the names: transactions that add to the same ones lock them in the same order. */
  entries(slot: number): [name: string, slot: number, delta: number][] {
    return [...this.#deltas]
      .filter(([, delta]) => delta !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, delta]) => [name, slot, delta]);
  }

  #add(name: string, delta: number): void {
    this.#deltas.set(name, (this.#deltas.get(name) ?? 0) + delta);
  }
}

/** The rows of the counter table as sums. */
export function toCounts(rows: { name: string; value: number }[]): OrderCounts {
  const values = new Map(rows.map(({ name, value }) => [name, Number(value)]));
  const valueOf = (name: string) => values.get(name) ?? 0;
  const histogram = new Map(
    [...values].flatMap(([name, count]) => {
      const bucket = /^processing_ms:(\d+)$/.exec(name)?.[1];
      return bucket ? [[Number(bucket), count] as const] : [];
    }),
  );
  return {
    byStatus: {
      Pending: valueOf('Pending'),
      Processing: valueOf('Processing'),
      Completed: valueOf('Completed'),
      Failed: valueOf('Failed'),
      Cancelled: valueOf('Cancelled'),
    },
    started: valueOf('started'),
    waitMs: valueOf('wait_ms'),
    processingMs: valueOf('processing_ms'),
    processing: {
      p50: percentile(histogram, 50),
      p95: percentile(histogram, 95),
      p99: percentile(histogram, 99),
    },
  };
}
