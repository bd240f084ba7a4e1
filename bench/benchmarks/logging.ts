import type { Benchmark } from '../harness/benchmark.ts';
import { postOrders } from '../harness/load.ts';
import { freePort, Server } from '../harness/server.ts';
import { cost, inSlices, type Work } from '../harness/slices.ts';
import { ratio } from '../harness/statistics.ts';

/** What is logged: one line a request, or none. */
const LEVELS = { 'with a line a request': 'info', without: 'warn' };

/** Accepts orders one by one, and processes them. */
const wholeWay = (server: Server): Work => {
  let total = 0;
  return (count) =>
    cost(server, count, async () => {
      await postOrders(server.url, { requests: count });
      total += count;
      await server.until(({ completed_orders }) => completed_orders === total);
    });
};

/** As in `cpu`, a round is a pair of processes: two of one kind differ by what V8 chose to compile when. */
export const logging: Benchmark = {
  name: 'logging',
  title: 'CPU time of the server for an order, accepted and processed (work 0 ms), with a log line a request',
  async run(scale) {
    const orders = scale.orders(20_000);
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < scale.rounds; round++) {
      await using stack = new AsyncDisposableStack();
      const works: Record<string, Work> = {};
      const pair = Object.entries(LEVELS);
      for (const [name, LOG_LEVEL] of round % 2 ? pair.toReversed() : pair)
        works[name] = wholeWay(
          stack.use(
            await Server.start('ordermill', {
              environment: { PROCESSING_TIME_MS: 0, LOG_LEVEL, PORT: await freePort() },
            }),
          ),
        );
      rounds.push(await inSlices(scale.quick ? 1 : 8, orders, works));
    }
    const [lines, none] = Object.keys(LEVELS).map((name, index) => ({
      name,
      unit: 'µs',
      values: rounds.map((means) => means[name] ?? Number.NaN),
      isBaseline: index === 1,
    }));
    if (!lines || !none) throw new Error('two series are compared');
    return {
      series: [lines, none],
      bars: [
        { claim: 'times an order without log lines', value: ratio(lines.values, none.values), atMost: 1.05 },
      ],
    };
  },
};
