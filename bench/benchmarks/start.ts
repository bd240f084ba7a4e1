import type { Benchmark } from '../harness/benchmark.ts';
import { alternate } from '../harness/rounds.ts';
import { Server } from '../harness/server.ts';
import { median } from '../harness/statistics.ts';

export const start: Benchmark = {
  name: 'start',
  title: 'node dist/src/main.js on an empty database, until it says that it is ready',
  async run(scale) {
    const seconds = (program: 'ordermill' | 'plain') => async () => {
      await using server = await Server.start(program);
      return server.readyMs / 1000;
    };
    const { ours, baseline } = await alternate(scale, {
      ours: seconds('ordermill'),
      baseline: seconds('plain'),
    });
    return {
      series: [
        { name: 'Ordermill', unit: 's', values: ours },
        { name: 'plain Nest application', unit: 's', values: baseline, isBaseline: true },
      ],
      bars: [{ claim: 'seconds to ready', value: median(ours), atMost: 1.5 }],
    };
  },
};
