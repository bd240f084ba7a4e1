import { get, until } from '../support/client.js';
import { Cluster, REDIS_OVERLAP } from '../support/cluster.js';
import { OwnRedis } from '../support/own.redis.js';
import { Posters } from '../support/posters.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const CLIENTS = 8;

const [POSTGRES] = SERVERS;
const canRun = OwnRedis.isPossible() && POSTGRES !== undefined && (await isThere(POSTGRES));

(canRun ? describe : describe.skip)('two that accept and two that process, while Redis', () => {
  let redis: OwnRedis;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let cluster: Cluster;
  let posters: Posters;

  /** Starts everything but Redis. */
  beforeEach(async () => {
    if (!POSTGRES) throw new Error('there is no PostgreSQL');
    redis = await OwnRedis.create();
    database = await createDatabase(POSTGRES);
    cluster = await Cluster.start(database.url, {
      QUEUE_DRIVER: 'bullmq',
      REDIS_URL: redis.url,
      PROCESSING_TIME_MS: 5,
      LOG_LEVEL: 'log',
    });
    posters = new Posters(
      cluster.apis.map(({ url }) => url),
      cluster.ledger,
      CLIENTS,
    );
  });
  afterEach(async () => {
    await cluster.kill();
    await posters.abandon();
    await redis.kill();
    await database.remove();
  });

  const accepted = async () => cluster.ledger.acknowledged.size;
  const completed = async () => (await cluster.metrics()).completed_orders as number; // a count
  const more = (ask: () => Promise<number>, count: number) =>
    ask().then((before) => until(ask, (now) => now >= before + count));

  /** Ends the load; nothing was refused, lost or done twice, or overtaken by more places than `overlap`. */
  async function expectAllDone(overlap: number): Promise<void> {
    await posters.stop();
    await cluster.completed();
    expect([...cluster.ledger.refusals]).toEqual([]);
    expect(await cluster.findings(overlap)).toEqual([]);
  }

  it('is not there yet: they accept all the same, and process when it is', async () => {
    await more(accepted, 500);
    for (const { url } of cluster.apis) expect((await get(`${url}/health/ready`)).status).toBe(200);
    expect(await completed()).toBe(0);
    await redis.start();
    await more(completed, 200);
    await expectAllDone(REDIS_OVERLAP);
  }, 60_000);

  it('is killed, comes back empty, and is flushed: they accept all the time, and complete each order once', async () => {
    await redis.start();
    for (let kills = 1; kills <= 2; kills++) {
      await more(completed, 300);
      await redis.kill();
      await more(accepted, 300);
      await redis.start();
      await more(completed, 300);
      await redis.flush();
      await more(completed, 300);
    }
    await expectAllDone(cluster.ledger.sent.size); // what Redis lost is read anew within a second, and overtaken by then
    for (const { log } of cluster.workers) {
      const said = log.flatMap(
        (line) => /no orders can be started|orders can be started again/.exec(line) ?? [],
      );
      const troubles = said.length / 2;
      expect([2, 3]).toContain(troubles); // two kills, and perhaps no Redis at first
      const each = ['no orders can be started', 'orders can be started again'];
      expect(said).toEqual(Array.from({ length: troubles }, () => each).flat());
    }
  }, 60_000);
});
