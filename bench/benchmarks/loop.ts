import type { Benchmark } from '../harness/benchmark.ts';
import { postOrders } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { Server } from '../harness/server.ts';
import { median } from '../harness/statistics.ts';

export const loop: Benchmark = {
  name: 'loop',
  title: "The event loop's lag at full intake over 64 connections with processing on (work 0 ms)",
  async run(scale) {
    await using server = await Server.start('ordermill', {
      environment: { PROCESSING_TIME_MS: 0 },
      probe: true,
    });
    const { lags } = await alternate(scale, {
      lags: async () => {
        await server.probe(); // forgets what was before
        await postOrders(server.url, { seconds: scale.seconds });
        return (await server.probe()).lagMs;
      },
    });
    const p99s = lags.map(({ p99 }) => p99);
    return {
      series: [
        { name: 'p50', unit: 'ms', values: lags.map(({ p50 }) => p50) },
        { name: 'p99', unit: 'ms', values: p99s },
        { name: 'worst', unit: 'ms', values: lags.map(({ max }) => max) },
      ],
      bars: [{ claim: 'ms lag, p99', value: median(p99s), atMost: 50 }],
    };
  },
};
