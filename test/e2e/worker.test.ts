import { SchedulerRegistry } from '@nestjs/schedule';
import { OrderProcessor } from '../../src/processing/order.processor.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, post, until, untilMetrics } from '../support/client.js';
import { emptyRedis, isRedisThere } from '../support/redis.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';
import { Gate, withWork } from '../support/work.js';

/** Takes away the tick, the safety net: what happens now, happens without it. */
function stopTicking({ app }: RunningApp): void {
  const registry = app.get(SchedulerRegistry);
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
}

for (const [server, queue] of SERVERS.flatMap((server) => [
  [server, 'memory'] as const,
  [server, 'bullmq'] as const,
])) {
  const canRun = (await isThere(server)) && (queue === 'memory' || (await isRedisThere()));
  (canRun ? describe : describe.skip)(`a worker beside one that accepts, on ${server.name}, ${queue}`, () => {
    it('finds new orders by looking at the queue, and looks only when it found too few', async () => {
      const { url: DATABASE_URL, remove } = await createDatabase(server);
      const shared = { DATABASE_URL, QUEUE_DRIVER: queue, REDIS_URL: await redisUrl(queue) };
      const gate = new Gate();
      const api = await startApp({ config: { ...shared, ROLE: 'api' } });
      const worker = await startApp({
        config: { ...shared, ROLE: 'worker', PROCESSOR_CONCURRENCY: 2 },
        ...withWork(gate.work),
      });
      stopTicking(worker);
      const processor = worker.app.get(OrderProcessor);
      await post(`${api.url}/orders`, anOrder({ order_id: 'first' }));
      await untilMetrics(api.url, (now) => now.processing_orders === 1);
      await until(async () => processor.isShort); // it is told after the commit that the metrics show
      await post(`${api.url}/orders`, anOrder({ order_id: 'second' }));
      await untilMetrics(api.url, (now) => now.processing_orders === 2);
      await until(async () => !processor.isShort);
      gate.open();
      await untilMetrics(api.url, (now) => now.completed_orders === 2);
      await worker.close();
      await api.close();
      await remove();
    }, 30_000);
  });
}

/** Only who uses Redis needs it to be there. */
function redisUrl(queue: 'memory' | 'bullmq'): Promise<string> | string {
  return queue === 'bullmq' ? emptyRedis('worker') : '';
}
