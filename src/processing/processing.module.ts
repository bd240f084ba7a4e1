import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { AttemptRunner } from './attempt.runner.js';
import { OrderHandler } from './order.handler.js';
import { OrderProcessor } from './order.processor.js';
import { OrderRecovery } from './order.recovery.js';
import { ProcessingSchedule } from './processing.schedule.js';
import { RetrySchedule } from './retry.schedule.js';
import { SimulatedHandler } from './simulated.handler.js';

@Module({
  imports: [OrdersModule, QueueModule],
  providers: [
    AttemptRunner,
    OrderProcessor,
    OrderRecovery,
    ProcessingSchedule,
    RetrySchedule,
    { provide: OrderHandler, useClass: SimulatedHandler },
  ],
})
export class ProcessingModule {}
