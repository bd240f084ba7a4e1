import { Module } from '@nestjs/common';
import { CompletionEstimate } from './completion.estimate.js';
import { CountersReader } from './counters.reader.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { CommitMeter } from './prometheus/commit.meter.js';
import { DatabaseFamilies } from './prometheus/database.families.js';
import { OldestOrders } from './prometheus/oldest.orders.js';
import { ProcessMeter } from './prometheus/process.meter.js';
import { PrometheusService } from './prometheus/prometheus.service.js';
import { MetricsFeed } from './stream/metrics.feed.js';
import { MetricsStreamController } from './stream/metrics.stream.controller.js';
import { Throughput } from './throughput.js';

@Module({
  controllers: [MetricsController, MetricsStreamController],
  providers: [
    MetricsService,
    MetricsFeed,
    CountersReader,
    CompletionEstimate,
    Throughput,
    PrometheusService,
    DatabaseFamilies,
    OldestOrders,
    CommitMeter,
    ProcessMeter,
  ],
  exports: [MetricsService, OldestOrders],
})
export class MetricsModule {}
