import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { ORDER_STATUSES, STATUSES, type OrderStatus } from '../domain/order.status.js';
import { CountersReader } from './counters.reader.js';
import type { MetricsDto, StatusTotals } from './metrics.dto.js';
import type { OrderCounts } from './order.counters.js';
import { Throughput } from './throughput.js';

/** Reports on all orders, and estimates: exact counts and sums from the counters, live rates from the events. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly counters: CountersReader,
    private readonly throughput: Throughput,
    @Inject(CONFIG) private readonly config: Pick<Config, 'PROCESSOR_CONCURRENCY' | 'PROCESSING_TIME_MS'>,
  ) {}

  /** @throws DatabaseUnavailable */
  async report(): Promise<MetricsDto> {
    const counts = await this.counters.counts();
    const { byStatus, started, waitMs, processing } = counts;
    return {
      total_orders: totalOf(byStatus, () => true),
      ...totalsOf(byStatus),
      status_counts: byStatus,
      average_processing_time: seconds(averageMs(counts) ?? 0),
      average_wait_time: seconds(started > 0 ? waitMs / started : 0),
      processing_time: {
        p50: seconds(processing.p50),
        p95: seconds(processing.p95),
        p99: seconds(processing.p99),
      },
      estimated_processing_time: round(this.#secondsFor(backlogOf(byStatus), counts), 3),
      throughput: {
        accepted_per_second: round(this.throughput.acceptedPerSecond(), 3),
        completed_per_second: round(this.throughput.completedPerSecond(), 3),
      },
    };
  }

  /** Tells in how many milliseconds so many orders will be done. @throws DatabaseUnavailable */
  async estimator(): Promise<(orders: number) => number> {
    const counts = await this.counters.counts();
    return (orders) => this.#secondsFor(orders, counts) * 1000;
  }

  /**
   * By their average duration (the configured one, before any is done) with all slots busy, or at the present rate of
   * completion, whichever is sooner; the rate may be low for want of orders.
   */
  #secondsFor(orders: number, counts: OrderCounts): number {
    const average = averageMs(counts);
    const rounds = Math.ceil(orders / this.config.PROCESSOR_CONCURRENCY);
    const byDuration = (rounds * (average ?? this.config.PROCESSING_TIME_MS)) / 1000;
    const rate = this.throughput.completedPerSecond();
    return rate > 0 && average !== undefined ? Math.min(byDuration, orders / rate) : byDuration;
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

function seconds(ms: number): number {
  return round(ms / 1000, 3);
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
