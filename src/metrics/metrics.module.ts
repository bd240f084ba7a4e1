import { Module } from '@nestjs/common';
import { CountersReader } from './counters.reader.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { Throughput } from './throughput.js';

@Module({
  controllers: [MetricsController],
  providers: [MetricsService, CountersReader, Throughput],
  exports: [MetricsService],
})
export class MetricsModule {}
