import type { Benchmark } from '../harness/benchmark.ts';
import { postBatches, postOrders } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { PAUSED, Server } from '../harness/server.ts';
import { median, ratio } from '../harness/statistics.ts';

export const batch: Benchmark = {
  name: 'batch',
  title: 'POST /orders/batch, 1,000 orders a call, beside POST /orders, nothing processed meanwhile',
  async run(scale) {
    const { seconds } = scale;
    await using ordermill = await Server.start('ordermill', { environment: PAUSED });
    const { batches, singles } = await alternate(scale, {
      batches: () => postBatches(ordermill.url, { seconds }),
      singles: async () => (await postOrders(ordermill.url, { seconds })).perSecond,
    });
    return {
      series: [
        { name: 'POST /orders/batch', unit: 'orders/s', values: batches },
        { name: 'POST /orders', unit: 'orders/s', values: singles, isBaseline: true },
      ],
      bars: [
        { claim: 'orders a second', value: median(batches), atLeast: 30_000 },
        { claim: 'times the single route', value: ratio(batches, singles), atLeast: 8 },
      ],
    };
  },
};
