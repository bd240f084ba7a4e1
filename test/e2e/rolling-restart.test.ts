import { Caddy } from '../support/caddy.js';
import { Cluster, REDIS_OVERLAP } from '../support/cluster.js';
import { OpenLoad } from '../support/open.load.js';
import { emptyRedis, isRedisThere } from '../support/redis.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const PER_SECOND = 300;

const [POSTGRES] = SERVERS;
const canRun =
  Caddy.isPossible() && POSTGRES !== undefined && (await isThere(POSTGRES)) && (await isRedisThere());

(canRun ? describe : describe.skip)('a rolling restart of all processes behind Caddy', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let cluster: Cluster;
  let proxy: Caddy;
  let load: OpenLoad | undefined;
  beforeEach(async () => {
    if (!POSTGRES) throw new Error('there is no PostgreSQL');
    database = await createDatabase(POSTGRES);
    cluster = await Cluster.start(database.url, {
      QUEUE_DRIVER: 'bullmq',
      REDIS_URL: await emptyRedis('rollingRestart'),
      PROCESSING_TIME_MS: 50,
      SHUTDOWN_DELAY_MS: 2000, // as in compose.yaml
    });
    proxy = await Caddy.start(cluster.apis.map(({ url }) => url));
  });
  afterEach(async () => {
    await proxy.stop();
    await cluster.kill();
    await load?.stop();
    await database.remove();
  });

  it(`fails no request of ${PER_SECOND} a second when clients repeat what is refused with 503`, async () => {
    load = new OpenLoad(proxy.url, cluster.ledger, PER_SECOND);
    for (const process of [...cluster.apis, ...cluster.workers]) await cluster.restart(process);
    await load.stop();
    expect(load.failures).toEqual([]);
    await cluster.completed();
    expect(await cluster.findings(REDIS_OVERLAP)).toEqual([]);
  }, 120_000);
});
