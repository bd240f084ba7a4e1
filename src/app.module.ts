import { Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { CommonModule } from './common/common.module.js';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { DatabaseModule } from './database/database.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { ProcessingModule } from './processing/processing.module.js';
import { QueueModule } from './queue/queue.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The map. Imports go downwards only: metrics, processing, events and webhooks to orders, orders to queue, all to common. */
@Module({
  imports: [
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
    CommonModule,
    LoggingModule,
    HttpModule,
    DatabaseModule,
    QueueModule,
    OrdersModule,
    ProcessingModule,
    MetricsModule,
    EventsModule,
    WebhooksModule,
    HealthModule,
    DashboardModule,
  ],
})
export class AppModule {}
