import { ORDER_STATUSES, STATUSES, type OrderStatus } from '../domain/order.status.js';
import { bucketOf, percentile } from './histogram.js';

/** Sums over all orders. Durations in milliseconds. */
export interface OrderCounts {
  /** How many are in each status now. */
  byStatus: Record<OrderStatus, number>;
  /** First starts, and the sum of started − accepted over them. */
  started: number;
  waitMs: number;
  /** Completions, and the sum of completed − started over them. */
  completed: number;
  processingMs: number;
  /** Percentiles of completed − started, within 0.8 %. */
  processing: { p50: number; p95: number; p99: number };
}

/** A transition as the counters see it; instants in milliseconds since 1970. */
export interface CountedTransition {
  from: OrderStatus | null;
  to: OrderStatus;
  attempt: number;
  at: number;
  createdAt: number;
  startedAt: number | null;
}

/** Changes to the counters, gathered over one transaction and written with it. */
export class CounterDeltas {
  readonly #deltas = new Map<string, number>();

  /** What a transition changes, as the table of statuses says. A clock that was set back makes no duration negative. */
  add({ from, to, attempt, at, createdAt, startedAt }: CountedTransition): void {
    this.inStatus(to, 1);
    if (from) this.inStatus(from, -1);
    const { entering } = STATUSES[to];
    if (entering === 'starts' && attempt === 1) this.firstStart(at - createdAt);
    if (entering === 'completes') this.completion(at - (startedAt ?? at));
  }

  /** So many more orders are in a status; fewer, where `count` is negative. */
  inStatus(status: OrderStatus, count: number): void {
    this.#add(status, count);
  }

  firstStart(waitMs: number): void {
    this.#add('started', 1);
    this.#add('wait_ms', Math.max(0, waitMs));
  }

  completion(processingMs: number): void {
    const ms = Math.max(0, processingMs);
    this.#add('processing_ms', ms);
    this.#add(`processing_ms:${bucketOf(ms)}`, 1);
  }

  /** In the order of the names: transactions that add to the same ones lock them in the same order. */
  entries(): [name: string, delta: number][] {
    return [...this.#deltas].filter(([, delta]) => delta !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #add(name: string, delta: number): void {
    this.#deltas.set(name, (this.#deltas.get(name) ?? 0) + delta);
  }
}

/** The rows of the counter table as sums. */
export function toCounts(rows: { name: string; value: number | string }[]): OrderCounts {
  const values = new Map(rows.map(({ name, value }) => [name, Number(value)]));
  const valueOf = (name: string) => values.get(name) ?? 0;
  const histogram = new Map(
    [...values].flatMap(([name, count]) => {
      const bucket = /^processing_ms:(\d+)$/.exec(name)?.[1];
      return bucket ? [[Number(bucket), count] as const] : [];
    }),
  );
  const byStatus = ORDER_STATUSES.map((status) => [status, valueOf(status)]);
  return {
    byStatus: Object.fromEntries(byStatus) as Record<OrderStatus, number>, // fromEntries forgets the keys' type
    started: valueOf('started'),
    waitMs: valueOf('wait_ms'),
    completed: [...histogram.values()].reduce((sum, count) => sum + count, 0),
    processingMs: valueOf('processing_ms'),
    processing: {
      p50: percentile(histogram, 50),
      p95: percentile(histogram, 95),
      p99: percentile(histogram, 99),
    },
  };
}
