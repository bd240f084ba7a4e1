import { startApp } from '../support/app.js';
import { PLACES, withDatabase } from '../support/any.database.js';
import { anOrder, post, until, untilMetrics } from '../support/client.js';
import { Gate, withWork } from '../support/work.js';

const BATCHES = 10;
const PER_BATCH = 10;
const SINGLES = 100;

/** Everything at once, so that batches, single orders and repeats share commits: a batch after each ten single orders. */
async function postMixed(url: string): Promise<void> {
  await post(`${url}/orders`, anOrder({ order_id: 'repeated' }));
  const answers = Array.from({ length: SINGLES }, (_, index) => [
    post(`${url}/orders`, anOrder({ order_id: `single-${index}` })),
    ...(index % 7 === 0 ? [post(`${url}/orders`, anOrder({ order_id: 'repeated' }))] : []),
    ...(index % (SINGLES / BATCHES) === 0 ? [post(`${url}/orders/batch`, aBatch(index))] : []),
  ]).flat();
  for (const { status } of await Promise.all(answers)) expect([200, 201]).toContain(status);
}

function aBatch(number: number) {
  return {
    orders: Array.from({ length: PER_BATCH }, (_, at) => anOrder({ order_id: `batch-${number}-${at}` })),
  };
}

const FAILING = Array.from({ length: 20 }, (_, index) => `fails-${index}`);

const COUNT = 1 + SINGLES + BATCHES * PER_BATCH;

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`orders that share commits on ${place.name}`, () => {
    it('are started in the order in which they were accepted, by whatever route they came', async () => {
      const { url: DATABASE_URL, remove } = await place.create();
      const server = await startApp({ config: { DATABASE_URL, PROCESSOR_CONCURRENCY: 3 } });
      await postMixed(server.url);
      await untilMetrics(server.url, (now) => now.completed_orders === COUNT);
      await server.close();
      const starts = await withDatabase(DATABASE_URL, ({ read }) =>
        read<{ seq: number }>(
          `SELECT order_seq AS seq FROM order_history WHERE to_status = 'Processing' ORDER BY id`,
        ),
      );
      await remove();
      const seqs = starts.map(({ seq }) => Number(seq));
      expect(seqs).toHaveLength(COUNT);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    });

    it('come before the failed ones that a person retries meanwhile, which keep their order', async () => {
      const { url: DATABASE_URL, remove } = await place.create();
      const gate = new Gate();
      const server = await startApp({
        config: { DATABASE_URL, PROCESSOR_CONCURRENCY: 3, MAX_ATTEMPTS: 1 },
        ...withWork(async (order) => {
          if (order.orderId.startsWith('fails') && order.attempt === 1) throw new Error('not yet');
          await gate.work(order);
        }),
      });
      for (const order_id of FAILING) await post(`${server.url}/orders`, anOrder({ order_id }));
      await untilMetrics(server.url, (now) => now.failed_orders === FAILING.length);
      await post(`${server.url}/orders`, anOrder({ order_id: 'running' }));
      await until(() => Promise.resolve(gate.started.length === 1));
      await postMixed(server.url);
      await post(`${server.url}/orders/retry`, {});
      gate.open();
      await untilMetrics(server.url, (now) => now.completed_orders === COUNT + 1 + FAILING.length);
      await server.close();
      await remove();
      expect(gate.started.slice(-FAILING.length)).toEqual(FAILING);
    });
  });
