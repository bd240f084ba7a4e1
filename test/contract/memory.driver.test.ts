import { MemoryQueueDriver } from '../../src/queue/memory.driver.js';
import { queueDriverContract } from './queue.driver.contract.js';

queueDriverContract('the memory driver with a window of 4', () => new MemoryQueueDriver(4), 4);
queueDriverContract('the memory driver', () => new MemoryQueueDriver(), 10_000);
