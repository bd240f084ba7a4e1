import { Module } from '@nestjs/common';
import { MemoryQueueDriver } from './memory.driver.js';
import { QueueDriver } from './queue.driver.js';
import { QueueService } from './queue.service.js';

@Module({
  providers: [{ provide: QueueDriver, useFactory: () => new MemoryQueueDriver() }, QueueService],
  exports: [QueueService],
})
export class QueueModule {}
