import { Injectable } from '@nestjs/common';
import { OrderRates } from '../orders/order.rates.js';
import { OrdersReader } from '../orders/orders.reader.js';
import type { MetricsDto } from './metrics.dto.js';

/** Reports on all orders: exact counts and sums from the counters, live rates from the events. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly reader: OrdersReader,
    private readonly rates: OrderRates,
  ) {}

  async report(): Promise<MetricsDto> {
    const { byStatus, started, waitMs, processingMs, processing } = await this.reader.counts();
    const { Pending, Processing, Completed, Failed, Cancelled } = byStatus;
    const averageMs = Completed > 0 ? processingMs / Completed : undefined;
    return {
      total_orders: Pending + Processing + Completed + Failed + Cancelled,
      pending_orders: Pending,
      processing_orders: Processing,
      completed_orders: Completed,
      failed_orders: Failed,
      cancelled_orders: Cancelled,
      status_counts: byStatus,
      average_processing_time: seconds(averageMs ?? 0),
      average_wait_time: seconds(started > 0 ? waitMs / started : 0),
      processing_time: {
        p50: seconds(processing.p50),
        p95: seconds(processing.p95),
        p99: seconds(processing.p99),
      },
      estimated_processing_time: round(this.rates.secondsFor(Pending + Processing, averageMs), 3),
      throughput: {
        accepted_per_second: round(this.rates.acceptedPerSecond(), 3),
        completed_per_second: round(this.rates.completedPerSecond(), 3),
      },
    };
  }
}

function seconds(ms: number): number {
  return round(ms / 1000, 3);
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
