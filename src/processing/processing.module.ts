import { Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { OrdersModule } from '../orders/orders.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { AttemptRunner } from './attempt.runner.js';
import { BacklogFeed } from './backlog.feed.js';
import { LeaseRenewal } from './lease.renewal.js';
import { OrderHandler } from './order.handler.js';
import { OrderProcessor } from './order.processor.js';
import { OrderRecovery } from './order.recovery.js';
import { ProcessingSchedule } from './processing.schedule.js';
import { RetrySchedule } from './retry.schedule.js';
import { SimulatedHandler } from './simulated.handler.js';

async function createHandler(config: Config, clock: Clock): Promise<OrderHandler> {
  switch (config.PROCESSOR) {
    case 'simulated':
      return new SimulatedHandler(config, clock);
    case 'http': {
      const { HttpHandler } = await import('./http.handler.js'); // loads an HTTP client: a tenth of the time of a start
      return new HttpHandler(config, clock);
    }
  }
}

@Module({
  imports: [OrdersModule, QueueModule],
  providers: [
    AttemptRunner,
    BacklogFeed,
    LeaseRenewal,
    OrderProcessor,
    OrderRecovery,
    ProcessingSchedule,
    RetrySchedule,
    { provide: OrderHandler, useFactory: createHandler, inject: [CONFIG, Clock] },
  ],
})
export class ProcessingModule {}
