import { Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Probes } from '../common/probes.js';
import { CONFIG, type Config } from '../config.js';
import { MemoryQueueDriver } from './memory.driver.js';
import { QueueDriver } from './queue.driver.js';
import { QueueService } from './queue.service.js';

/** Where other processes claim from the same backlog, a window is soon outdated: a small one, read again each second. */
const SHARED_WINDOW = 1000;

async function createDriver(config: Config, clock: Clock): Promise<QueueDriver> {
  switch (config.QUEUE_DRIVER) {
    case 'memory':
      return new MemoryQueueDriver(config.DATABASE_URL.startsWith('sqlite:') ? undefined : SHARED_WINDOW);
    case 'bullmq': {
      const { BullmqQueueDriver } = await import('./bullmq.driver.js'); // the client of Redis is loaded only where it is used
      return new BullmqQueueDriver(config.REDIS_URL, { clock });
    }
  }
}

@Module({
  providers: [{ provide: QueueDriver, useFactory: createDriver, inject: [CONFIG, Clock] }, QueueService],
  exports: [QueueService],
})
export class QueueModule {
  constructor(driver: QueueDriver, probes: Probes) {
    probes.add('queue', () => driver.isReady);
  }
}
