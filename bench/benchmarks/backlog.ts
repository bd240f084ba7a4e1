import { setTimeout as wait } from 'node:timers/promises';
import type { Benchmark } from '../harness/benchmark.ts';
import { createOrders } from '../harness/orders.ts';
import { Server, temporaryFolder } from '../harness/server.ts';
import { median } from '../harness/statistics.ts';

const RESTARTS = 5;

/** Starts on the backlog and lets it process for a while. */
async function restart(folder: string, seconds: number): Promise<{ processingMs: number; rssMiB: number }> {
  const startedAt = performance.now();
  await using server = await Server.start('ordermill', {
    folder,
    environment: { PROCESSING_TIME_MS: 0 },
    probe: true,
  });
  const { completed_orders: before } = await server.metrics();
  const processingMs =
    (await server.until(({ completed_orders }) => completed_orders > before, 5)) - startedAt;
  let rssMiB = 0;
  for (const until = performance.now() + seconds * 1000; performance.now() < until; await wait(50))
    rssMiB = Math.max(rssMiB, (await server.probe()).rssMiB);
  return { processingMs, rssMiB };
}

export const backlog: Benchmark = {
  name: 'backlog',
  title: '1,000,000 Pending orders: a restart, and the memory it takes while processing (work 0 ms)',
  async run(scale) {
    using folder = temporaryFolder();
    await createOrders(folder.path, scale.orders(1_000_000), 'pending');
    const restarts = [];
    while (restarts.length < Math.min(RESTARTS, scale.rounds))
      restarts.push(await restart(folder.path, scale.seconds));
    const seconds = restarts.map(({ processingMs }) => processingMs / 1000);
    const memory = restarts.map(({ rssMiB }) => rssMiB);
    return {
      series: [
        { name: 'from start to processing', unit: 's', values: seconds },
        { name: 'most memory (RSS)', unit: 'MiB', values: memory },
      ],
      bars: [
        { claim: 'seconds from start to processing', value: median(seconds), atMost: 3 },
        { claim: 'MiB of memory', value: Math.max(...memory), atMost: 300 },
      ],
    };
  },
};
