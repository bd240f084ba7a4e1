import { ORDER_STATUSES, STATUSES } from '../../domain/order.status.js';
import { durationOf } from '../histogram.js';
import { WAIT_BOUNDS_MS, type OrderCounts } from '../order.counters.js';
import { counter, gauge, gaugeBy, histogram, type Distribution, type MetricFamily } from './metric.family.js';
import type { OldestAges } from './oldest.orders.js';

const PROCESSING_BOUNDS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000,
].concat(Infinity);

/** Every process reads the same from the database: a sum over processes would count each order several times. */
const ALL = 'All processes together, the same from each:';

/** What the counters in the database tell, exact and never reset. They know deleted orders too, so some statuses only grow. */
export function countFamilies(counts: OrderCounts): MetricFamily[] {
  const { byStatus, deleted, waits, waitMs, processingTimes, processingMs } = counts;
  const sumOf = (statuses: typeof ORDER_STATUSES, of = byStatus) =>
    statuses.reduce((sum, status) => sum + of[status], 0);
  const atWork = ORDER_STATUSES.filter((status) => STATUSES[status].work !== 'none');
  return [
    gaugeBy('status', 'ordermill_orders', `${ALL} orders by status, also deleted ones.`, byStatus),
    gauge(
      'ordermill_stored_orders',
      `${ALL} orders in the database, without deleted ones.`,
      sumOf(ORDER_STATUSES) - sumOf(ORDER_STATUSES, deleted),
    ),
    counter(
      'ordermill_orders_deleted_total',
      `${ALL} orders deleted after RETENTION_DAYS.`,
      sumOf(ORDER_STATUSES, deleted),
    ),
    gauge('ordermill_backlog_orders', `${ALL} orders in ${atWork.join(' or ')}.`, sumOf(atWork)),
    counter('ordermill_orders_accepted_total', `${ALL} orders accepted.`, sumOf(ORDER_STATUSES)),
    counter('ordermill_orders_completed_total', `${ALL} orders completed.`, counts.completed),
    counter(
      'ordermill_orders_failed_total',
      `${ALL} how often an order became Failed.`,
      byStatus.Failed + counts.redriven,
    ),
    counter('ordermill_orders_cancelled_total', `${ALL} orders cancelled.`, byStatus.Cancelled),
    counter(
      'ordermill_orders_retried_total',
      `${ALL} attempts that failed, and after which the order went back to Pending by itself.`,
      counts.retried,
    ),
    counter(
      'ordermill_orders_interrupted_total',
      `${ALL} attempts that a crash or a stop cut off; their orders went back to Pending.`,
      counts.interrupted,
    ),
    counter(
      'ordermill_orders_redriven_total',
      `${ALL} how often a person sent a Failed order back to Pending.`,
      counts.redriven,
    ),
    histogram(
      'ordermill_order_wait_seconds',
      `${ALL} time from acceptance to first start, of the orders that were started.`,
      { bounds: WAIT_BOUNDS_MS, counts: WAIT_BOUNDS_MS.map((bound) => waits.get(bound) ?? 0), sum: waitMs },
      1000,
    ),
    histogram(
      'ordermill_order_processing_seconds',
      `${ALL} time from the start of the last attempt to completion, of the completed orders, within 0.8 %.`,
      regrouped(processingTimes, processingMs),
      1000,
    ),
  ];
}

export function ageFamilies({ pendingMs, processingMs }: OldestAges): MetricFamily[] {
  return [
    gauge(
      'ordermill_oldest_pending_age_seconds',
      `${ALL} how long the next order in the queue has waited; 0 when there is none. Orders in back-off are not in it.`,
      pendingMs / 1000,
    ),
    gauge(
      'ordermill_oldest_processing_age_seconds',
      `${ALL} how long the oldest running attempt has run; 0 when there is none.`,
      processingMs / 1000,
    ),
  ];
}

/** The many fine buckets of the counters in few: each in the first bound that its middle does not exceed. */
function regrouped(fine: ReadonlyMap<number, number>, sum: number): Distribution {
  const counts = PROCESSING_BOUNDS_MS.map(() => 0);
  for (const [bucket, count] of fine) {
    const index = PROCESSING_BOUNDS_MS.findIndex((bound) => durationOf(bucket) <= bound);
    counts[index] = (counts[index] ?? 0) + count;
  }
  return { bounds: PROCESSING_BOUNDS_MS, counts, sum };
}
