import type { Benchmark } from '../harness/benchmark.ts';
import { load, postBatches } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { Server } from '../harness/server.ts';
import { ratio } from '../harness/statistics.ts';

const ORDERS = 1000;

interface Page {
  orders: { order_id: string }[];
}

export const reads: Benchmark = {
  name: 'reads',
  title: 'GET over 64 connections, beside a Nest route that returns a constant of the same size',
  async run(scale) {
    await using ordermill = await Server.start('ordermill', { environment: { PROCESSING_TIME_MS: 0 } });
    await postBatches(ordermill.url, { orders: ORDERS });
    await ordermill.until(({ completed_orders }) => completed_orders === ORDERS);
    const { orders } = (await ordermill.get('/orders?status=Completed&limit=200')) as Page;
    const paths = orders.map(({ order_id }) => `/orders/${order_id}`);
    const returning = async (path: string) =>
      Server.start('plain', { environment: { CONSTANT: JSON.stringify(await ordermill.get(path)) } });
    await using anOrder = await returning(paths[0] ?? '');
    await using someMetrics = await returning('/metrics');
    const get =
      ({ url }: Server, paths: string[]) =>
      async () =>
        (await load({ url, paths, connections: 64, seconds: scale.seconds })).perSecond;
    const rates = await alternate(scale, {
      'GET /orders/{id}, Completed': get(ordermill, paths),
      'constant of its size': get(anOrder, ['/constant']),
      'GET /metrics': get(ordermill, ['/metrics']),
      'constant of that size': get(someMetrics, ['/constant']),
    });
    return {
      series: Object.entries(rates).map(([name, values]) => ({
        name,
        unit: 'requests/s',
        values,
        isBaseline: name.startsWith('constant'),
      })),
      bars: [
        {
          claim: 'times the constant: GET /orders/{id}',
          value: ratio(rates['GET /orders/{id}, Completed'], rates['constant of its size']),
          atLeast: 0.9,
        },
        {
          claim: 'times the constant: GET /metrics',
          value: ratio(rates['GET /metrics'], rates['constant of that size']),
          atLeast: 0.9,
        },
      ],
    };
  },
};
