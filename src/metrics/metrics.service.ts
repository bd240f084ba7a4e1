import { Injectable } from '@nestjs/common';
import { ORDER_STATUSES, STATUSES, type OrderStatus } from '../domain/order.status.js';
import { CompletionEstimate } from './completion.estimate.js';
import { CountersReader } from './counters.reader.js';
import type { MetricsDto, StatusTotals } from './metrics.dto.js';
import { interpolatedPercentile, percentile } from './histogram.js';
import { WAIT_BOUNDS_MS, type OrderCounts } from './order.counters.js';
import { percentilesInSeconds, seconds } from './seconds.js';
import { Throughput } from './throughput.js';

/** Reports on all orders, and estimates: exact counts and sums from the counters, live rates from the events. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly counters: CountersReader,
    private readonly throughput: Throughput,
    private readonly estimate: CompletionEstimate,
  ) {}

  /** @throws DatabaseUnavailable */
  async report(): Promise<MetricsDto> {
    const counts = await this.counters.counts();
    const { byStatus, deleted, started, waitMs, waits, processingTimes } = counts;
    return {
      total_orders: totalOf(byStatus, () => true),
      stored_orders: totalOf(byStatus, () => true) - totalOf(deleted, () => true),
      ...totalsOf(byStatus),
      status_counts: byStatus,
      average_processing_time: seconds(averageMs(counts) ?? 0),
      average_wait_time: seconds(started > 0 ? waitMs / started : 0),
      processing_time: percentilesInSeconds((percent) => percentile(processingTimes, percent)),
      wait_time: percentilesInSeconds((percent) => interpolatedPercentile(WAIT_BOUNDS_MS, waits, percent)),
      estimated_processing_time: seconds(this.#backlogMs(counts)),
      throughput: {
        accepted_per_second: round(this.throughput.acceptedPerSecond(), 3),
        completed_per_second: round(this.throughput.completedPerSecond(), 3),
      },
    };
  }

  /** Tells in how many milliseconds the order at a position of the queue will be done. @throws DatabaseUnavailable */
  async estimator(): Promise<(position: number) => number> {
    return this.estimate.from(await this.counters.counts());
  }

  /** Until the last of the backlog is done. */
  #backlogMs(counts: OrderCounts): number {
    return backlogOf(counts.byStatus) > 0 ? this.estimate.from(counts)(counts.byStatus.Pending) : 0;
  }
}

/** Of all completions so far; undefined before the first. */
function averageMs({ completed, processingMs }: OrderCounts): number | undefined {
  return completed > 0 ? processingMs / completed : undefined;
}

function backlogOf(byStatus: OrderCounts['byStatus']): number {
  return totalOf(byStatus, (status) => STATUSES[status].work !== 'none');
}

function totalOf(byStatus: OrderCounts['byStatus'], isMeant: (status: OrderStatus) => boolean): number {
  return ORDER_STATUSES.filter(isMeant).reduce((sum, status) => sum + byStatus[status], 0);
}

function totalsOf(byStatus: OrderCounts['byStatus']): StatusTotals {
  const totals = ORDER_STATUSES.map((status) => [`${status.toLowerCase()}_orders`, byStatus[status]]);
  return Object.fromEntries(totals) as StatusTotals; // fromEntries forgets the keys' type
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
