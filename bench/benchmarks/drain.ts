import { closeSync, cpSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark } from '../harness/benchmark.ts';
import { postBatches } from '../harness/load.ts';
import { PAUSED, Server, temporaryFolder } from '../harness/server.ts';
import { median } from '../harness/statistics.ts';

const ROUNDS = 5;

/** Has the copy on the disk: else the server's own first sync would have to wait for all of it. */
function syncFiles(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = openSync(join(folder, name), 'r+');
    fsyncSync(file);
    closeSync(file);
  }
}

/** Starts on a copy of the backlog. @returns completed orders a second, from the first answer on */
async function drainCopy(folder: string, orders: number): Promise<number> {
  using copy = temporaryFolder();
  cpSync(folder, copy.path, { recursive: true });
  syncFiles(copy.path);
  await using server = await Server.start('ordermill', {
    folder: copy.path,
    environment: { PROCESSING_TIME_MS: 0 },
  });
  const { completed_orders: before } = await server.metrics();
  const startedAt = performance.now();
  const doneAt = await server.until(({ completed_orders }) => completed_orders === orders);
  return ((orders - before) / (doneAt - startedAt)) * 1000;
}

export const drain: Benchmark = {
  name: 'drain',
  title: 'A backlog of 100,000 after a restart, work 0 ms, nothing else asked of the server',
  async run(scale) {
    const orders = scale.orders(100_000);
    using backlog = temporaryFolder();
    {
      await using filler = await Server.start('ordermill', { folder: backlog.path, environment: PAUSED });
      await postBatches(filler.url, { orders });
    }
    const values: number[] = [];
    while (values.length < Math.min(ROUNDS, scale.rounds)) values.push(await drainCopy(backlog.path, orders));
    return {
      series: [{ name: 'Pending to Completed, with history', unit: 'orders/s', values }],
      bars: [{ claim: 'orders a second', value: median(values), atLeast: 20_000 }],
    };
  },
};
