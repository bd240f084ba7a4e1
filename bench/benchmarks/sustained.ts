import { setTimeout as wait } from 'node:timers/promises';
import type { Benchmark } from '../harness/benchmark.ts';
import { postOrders } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { Server } from '../harness/server.ts';
import { median, ratio, slope } from '../harness/statistics.ts';

const SAMPLE_MS = 50;

/** How fast the backlog grows while `work` lasts, in orders a second. */
async function growthDuring(work: Promise<unknown>, server: Server): Promise<number> {
  const [seconds, backlog]: [number[], number[]] = [[], []];
  let working = true;
  const over = work.finally(() => (working = false));
  while (working) {
    const { pending_orders, processing_orders } = await server.metrics();
    seconds.push(performance.now() / 1000);
    backlog.push(pending_orders + processing_orders);
    await wait(SAMPLE_MS);
  }
  await over;
  return slope(seconds, backlog);
}

export const sustained: Benchmark = {
  name: 'sustained',
  title: 'POST /orders over 64 connections with processing on (work 0 ms), until all are Completed',
  async run(scale) {
    const requests = scale.orders(10_000);
    await using ordermill = await Server.start('ordermill', { environment: { PROCESSING_TIME_MS: 0 } });
    await using plain = await Server.start('plain');
    const growths: number[] = [];
    const { ours, baseline } = await alternate(scale, {
      ours: async (round) => {
        const startedAt = performance.now();
        const growth = await growthDuring(postOrders(ordermill.url, { requests }), ordermill);
        const doneAt = await ordermill.until(
          ({ completed_orders }) => completed_orders === requests * (round + 1),
        );
        const perSecond = (requests / (doneAt - startedAt)) * 1000;
        if (round > 0) growths.push(growth / perSecond);
        return perSecond;
      },
      baseline: async () => {
        const startedAt = performance.now();
        await postOrders(plain.url, { requests });
        return (requests / (performance.now() - startedAt)) * 1000;
      },
    });
    return {
      series: [
        { name: 'Ordermill, accepted and completed', unit: 'orders/s', values: ours },
        { name: 'plain Nest route', unit: 'orders/s', values: baseline, isBaseline: true },
      ],
      bars: [
        { claim: 'times the plain Nest route', value: ratio(ours, baseline), atLeast: 0.9 },
        { claim: 'of the orders posted stay in the backlog', value: median(growths), atMost: 0.02 },
      ],
    };
  },
};
