import { isRedrive, ORDER_STATUSES, STATUSES, type OrderStatus } from '../domain/order.status.js';
import { wasCutOff } from '../domain/order.transition.js';
import { bucketOf } from './histogram.js';

/**
 * A wait is counted in the bucket of the first of these that it does not exceed. Orders that start together waited about as
 * long, so they share a row: finer ones would cost each transaction a row an order.
 */
export const WAIT_BOUNDS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000,
  14_400_000, 86_400_000,
].concat(Infinity);

/** What a deleted order has counted stays; it is counted once more under the same name with this before it. */
export const DELETED = 'deleted:';

/** Sums over all orders since ever, also those that were deleted. Durations in milliseconds. */
export interface OrderCounts {
  /** How many are in each status now, or were when they were deleted; and how many of them were deleted. */
  byStatus: Record<OrderStatus, number>;
  deleted: Record<OrderStatus, number>;
  /** First starts, and the sum of started − accepted over them. */
  started: number;
  waitMs: number;
  /** Completions, and the sum of completed − started over them. */
  completed: number;
  processingMs: number;
  /** How many waits are in the bucket of each bound, and how many processing times in each bucket of `histogram.ts`. */
  waits: ReadonlyMap<number, number>;
  processingTimes: ReadonlyMap<number, number>;
  /** Attempts that failed and were to be tried again, and attempts that were cut off. */
  retried: number;
  interrupted: number;
  /** How often a person had a Failed order done anew. */
  redriven: number;
}

/** A transition as the counters see it; instants in milliseconds since 1970. */
export interface CountedTransition {
  from: OrderStatus | null;
  to: OrderStatus;
  attempt: number;
  at: number;
  createdAt: number;
  startedAt: number | null;
  reason: string | null;
}

/** Changes to the counters, gathered over one transaction and written with it. */
export class CounterDeltas {
  readonly #deltas = new Map<string, number>();

  /** What a transition changes, as the table of statuses says. A clock that was set back makes no duration negative. */
  add({ from, to, attempt, at, createdAt, startedAt, reason }: CountedTransition): void {
    this.inStatus(to, 1);
    if (from) {
      this.inStatus(from, -1);
      this.return(from, to, reason);
    }
    const { entering } = STATUSES[to];
    if (entering === 'starts' && attempt === 1) this.firstStart(at - createdAt);
    if (entering === 'completes') this.completion(at - (startedAt ?? at));
  }

  /** So many more orders are in a status; fewer, where `count` is negative. */
  inStatus(status: OrderStatus, count: number): void {
    this.#add(status, count);
  }

  /** What no status tells later: that an order went back to Pending, and why. */
  return(from: OrderStatus, to: OrderStatus, reason: string | null): void {
    if (isRedrive(from, to)) this.#add('redriven', 1);
    else if (STATUSES[to].work === 'waiting') this.#add(wasCutOff(reason) ? 'interrupted' : 'retried', 1);
  }

  firstStart(waitMs: number): void {
    const ms = Math.max(0, waitMs);
    this.#add('started', 1);
    this.#add('wait_ms', ms);
    this.#add(`wait_ms:${WAIT_BOUNDS_MS.find((bound) => ms <= bound)}`, 1);
  }

  completion(processingMs: number): void {
    const ms = Math.max(0, processingMs);
    this.#add('processing_ms', ms);
    this.#add(`processing_ms:${bucketOf(ms)}`, 1);
  }

  /** Adds what others have gathered, under names with a prefix. */
  addAll(deltas: [name: string, delta: number][], prefix: string): void {
    for (const [name, delta] of deltas) this.#add(prefix + name, delta);
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
  const histogram = bucketsOf(values, 'processing_ms:');
  const byStatus = (prefix: string) =>
    Object.fromEntries(ORDER_STATUSES.map((status) => [status, valueOf(prefix + status)])) as Record<
      OrderStatus,
      number
    >; // fromEntries forgets the keys' type
  return {
    byStatus: byStatus(''),
    deleted: byStatus(DELETED),
    started: valueOf('started'),
    waitMs: valueOf('wait_ms'),
    completed: [...histogram.values()].reduce((sum, count) => sum + count, 0),
    processingMs: valueOf('processing_ms'),
    waits: bucketsOf(values, 'wait_ms:'),
    processingTimes: histogram,
    retried: valueOf('retried'),
    interrupted: valueOf('interrupted'),
    redriven: valueOf('redriven'),
  };
}

/** The counters whose names are a prefix and a number, by that number. */
function bucketsOf(values: ReadonlyMap<string, number>, prefix: string): Map<number, number> {
  const buckets = [...values].filter(([name]) => name.startsWith(prefix));
  return new Map(buckets.map(([name, count]) => [Number(name.slice(prefix.length)), count]));
}
