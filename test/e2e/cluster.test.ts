import { seeded } from '../../chaos/random.js';
import { get, until } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { emptyRedis, isRedisThere } from '../support/redis.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const ORDERS = 5000;
/** Of orders, a second: they last longer than the least of kills. */
const RATE = 1000;
const [LEAST_KILLS, MOST_KILLS] = [4, 6];

/** Of one worker: PROCESSOR_CONCURRENCY's default. */
const SLOTS = 100;
const PAUSED_SLOTS = 5;
const PAUSED_WORK_MS = 1000;
const ROUNDING_MS = 5;

const SEED = Number(process.env['CLUSTER_SEED'] ?? Date.now() % 2 ** 31);

for (const [server, queue] of SERVERS.flatMap((server) => [
  [server, 'memory'] as const,
  [server, 'bullmq'] as const,
])) {
  const canRun = (await isThere(server)) && (queue === 'memory' || (await isRedisThere()));
  (canRun ? describe : describe.skip)(
    `two that accept and two that process, on ${server.name}, ${queue} (CLUSTER_SEED=${SEED})`,
    () => {
      /**
       * Through Redis, workers claim side by side, as many orders as they have slots, and what one that is gone had claimed
       * and not started waits for its lock to end. 0: neither happens.
       */
      const WAITING = queue === 'bullmq' ? 1 : 0;
      let database: Awaited<ReturnType<typeof createDatabase>>;
      let cluster: Cluster | undefined;
      const start = async (environment: Record<string, string | number>) => {
        const shared =
          queue === 'memory' ? {} : { QUEUE_DRIVER: queue, REDIS_URL: await emptyRedis('cluster') };
        return (cluster = await Cluster.start(database.url, { ...shared, ...environment }));
      };
      beforeEach(async () => {
        database = await createDatabase(server);
      });
      afterEach(async () => {
        await cluster?.kill();
        cluster = undefined;
        await database.remove();
      });

      it('complete each order once, though a random worker is killed every second, and all tell the same', async () => {
        const running = await start({ PROCESSING_TIME_MS: 40, LEASE_MS: 3000 });
        const posting = running.useEveryRoute(ORDERS, RATE, SEED);
        const killing = running.killWorkers(seeded(SEED), MOST_KILLS);
        const refusals = await posting;
        const kills = await killing;
        await running.completed();
        expect(kills).toBeGreaterThanOrEqual(LEAST_KILLS);
        expect([refusals, ...running.book.wrong]).toEqual([0]);
        expect(await running.routeFindings(WAITING * 2 * SLOTS, WAITING * kills * SLOTS)).toEqual([]);
        const interruptions = await running.query(
          `SELECT order_seq FROM order_history WHERE reason = 'interrupted'`,
        );
        expect(interruptions.length).toBeGreaterThan(0);
        expect(interruptions.length).toBeLessThanOrEqual(kills * SLOTS); // a worker that lives loses nothing
        const [one, other] = [
          await running.metrics(running.apis[0]),
          await running.metrics(running.workers[1]),
        ];
        for (const key of ['total_orders', 'status_counts', 'average_processing_time', 'average_wait_time'])
          expect(other[key]).toEqual(one[key]);
      }, 120_000);

      it('take over from a worker that is paused, whose late completions are refused', async () => {
        const running = await start({
          PROCESSING_TIME_MS: PAUSED_WORK_MS,
          PROCESSOR_CONCURRENCY: PAUSED_SLOTS,
        });
        const [paused] = running.workers;
        await running.postBatches(4 * PAUSED_SLOTS);
        const count = async (condition: string) => {
          const sql = `SELECT COUNT(*) AS count FROM orders WHERE ${condition}`;
          return Number((await running.query<{ count: number | string }>(sql))[0]?.count);
        };
        await until(
          () => running.metrics(),
          ({ processing_orders }) => processing_orders === 2 * PAUSED_SLOTS,
        );
        paused?.process.kill('SIGSTOP');
        await until(
          () => count(`status = 'Processing' AND attempts = 2`),
          (orders) => orders > 0,
        );
        paused?.process.kill('SIGCONT'); // it believes that its attempts are just over
        await running.completed();
        expect(await count('attempts = 2')).toBeLessThanOrEqual(PAUSED_SLOTS);
        expect(await count(`completed_at - started_at < ${PAUSED_WORK_MS - ROUNDING_MS}`)).toBe(0); // by the second attempt
        expect((await get(`${paused?.url}/health/ready`)).status).toBe(200);
        expect(await running.findings(WAITING * 2 * PAUSED_SLOTS, WAITING * PAUSED_SLOTS)).toEqual([]);
      }, 60_000);
    },
  );
}
