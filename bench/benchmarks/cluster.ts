import type { Benchmark } from '../harness/benchmark.ts';
import { postBatches, postOrders } from '../harness/load.ts';
import { temporaryDatabase } from '../harness/postgres.ts';
import { alternate } from '../harness/rounds.ts';
import { PAUSED, Server } from '../harness/server.ts';
import { ratio } from '../harness/statistics.ts';

/** Work that waits, so that two workers are not merely two programs on one machine that compete for it. */
const WORK = { PROCESSING_TIME_MS: 20, PROCESSOR_CONCURRENCY: 20 };
const ROUNDS = 5;

/** Between two looks at the metrics: an answer costs a sum over the counters, on the same machine. */
const POLL_MS = 100;

/** @returns completed orders a second of so many workers, from the first completed one on */
async function drain(workers: number, orders: number): Promise<number> {
  await using database = await temporaryDatabase();
  const environment = { DATABASE_URL: database.url };
  await using api = await Server.start('ordermill', { environment: { ...environment, ROLE: 'api' } });
  await postBatches(api.url, { orders });
  await using stack = new AsyncDisposableStack();
  const start = () => Server.start('ordermill', { environment: { ...environment, ...WORK, ROLE: 'worker' } });
  for (const worker of await Promise.all(Array.from({ length: workers }, start))) stack.use(worker);
  let before = 0;
  const startedAt = await api.until(
    ({ completed_orders }) => (before = completed_orders) > orders / 10,
    POLL_MS,
  );
  const doneAt = await api.until(({ completed_orders }) => completed_orders === orders, POLL_MS);
  return ((orders - before) / (doneAt - startedAt)) * 1000;
}

export const cluster: Benchmark = {
  name: 'cluster',
  title: 'PostgreSQL: POST /orders over 64 connections; one worker beside two (work 20 ms)',
  needs: 'PostgreSQL (TEST_POSTGRES_URL)',
  async run(scale) {
    await using database = await temporaryDatabase();
    const environment = { ...PAUSED, DATABASE_URL: database.url, ROLE: 'api' };
    const intake = await (async () => {
      await using api = await Server.start('ordermill', { environment });
      await using plain = await Server.start('plain');
      await using unstored = await Server.start('unstored');
      await using http = await Server.start('unstored', { environment: { OWN_ADAPTER: 1 } });
      const post = (server: Server) => async () =>
        (await postOrders(server.url, { seconds: scale.seconds })).perSecond;
      return await alternate(scale, {
        api: post(api),
        unstored: post(unstored),
        http: post(http),
        plain: post(plain),
      });
    })();
    const orders = scale.orders(4000);
    const rounds = Math.min(ROUNDS, scale.rounds);
    const { one, two } = await alternate(
      { rounds },
      { one: () => drain(1, orders), two: () => drain(2, orders) },
    );
    return {
      series: [
        { name: 'POST /orders, one process', unit: 'orders/s', values: intake.api },
        {
          name: 'same route, no database',
          unit: 'orders/s',
          values: intake.unstored,
          isBaseline: true,
        },
        { name: "Ordermill's HTTP side alone", unit: 'orders/s', values: intake.http, isBaseline: true },
        { name: 'plain Nest route, no database', unit: 'orders/s', values: intake.plain, isBaseline: true },
        { name: 'one worker', unit: 'completed/s', values: one, isBaseline: true },
        { name: 'two workers', unit: 'completed/s', values: two },
      ],
      bars: [
        {
          claim: 'of the same route without a database',
          value: ratio(intake.api, intake.unstored),
          atLeast: 0.8,
        },
        { claim: 'times one worker, with two', value: ratio(two, one), atLeast: 1.6 },
      ],
    };
  },
};
