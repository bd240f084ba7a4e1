import type { Benchmark } from '../harness/benchmark.ts';
import { postBatches } from '../harness/load.ts';
import { Server } from '../harness/server.ts';
import { slope } from '../harness/statistics.ts';

const SAMPLES = 100;

export const memory: Benchmark = {
  name: 'memory',
  title: '1,000,000 orders posted and processed by one process (work 0 ms): its memory (RSS)',
  async run(scale) {
    const step = Math.max(1000, scale.orders(1_000_000) / SAMPLES);
    await using server = await Server.start('ordermill', {
      environment: { PROCESSING_TIME_MS: 0 },
      probe: true,
    });
    const [orders, rss]: [number[], number[]] = [[], []];
    for (let posted = step; posted <= step * SAMPLES; posted += step) {
      await postBatches(server.url, { orders: step });
      await server.until(({ completed_orders }) => completed_orders === posted);
      orders.push(posted);
      rss.push((await server.probe()).rssMiB);
    }
    const half = SAMPLES / 2;
    const perOrder = slope(orders.slice(half), rss.slice(half));
    return {
      series: [{ name: 'memory (RSS), second half', unit: 'MiB', values: rss.slice(half) }],
      bars: [
        { claim: 'MiB more for 100,000 more orders, second half', value: perOrder * 100_000, atMost: 1 },
      ],
      chart: {
        title: 'Memory by orders posted and processed',
        unit: 'MiB',
        x: { name: 'orders', values: orders, logarithmic: false },
        lines: [{ name: 'RSS', values: rss }],
      },
    };
  },
};
