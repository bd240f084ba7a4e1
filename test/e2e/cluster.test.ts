import { DataSource } from 'typeorm';
import { check } from '../../chaos/checker.js';
import { get, until } from '../support/client.js';
import { emptyRedis, isRedisThere } from '../support/redis.js';
import { ServerProcess } from '../support/server.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const LEASE_MS = 1000;
const KILLS = 4;

/** Of one worker: PROCESSOR_CONCURRENCY's default. */
const SLOTS = 100;

/** Processes that share a database, and what clients were told. */
class Cluster {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly refusals = new Set<number>();
  readonly apis: ServerProcess[] = [];
  readonly workers: ServerProcess[] = [];

  private constructor(
    private readonly source: DataSource,
    private readonly url: string,
    private readonly remove: () => Promise<void>,
  ) {}

  static async start(
    server: (typeof SERVERS)[number],
    environment: Record<string, string | number> = {},
  ): Promise<Cluster> {
    const { url, remove } = await createDatabase(server);
    const type = url.startsWith('postgres') ? 'postgres' : 'mysql';
    const source = await new DataSource({ type, url, poolSize: 1 }).initialize();
    if (type === 'mysql') await source.query(`SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')`); // the checker's is standard SQL
    const cluster = new Cluster(source, url, remove);
    const started = await Promise.all(
      (['api', 'api', 'worker', 'worker'] as const).map((role) => cluster.process(role, environment)),
    );
    cluster.apis.push(...started.slice(0, 2));
    cluster.workers.push(...started.slice(2));
    return cluster;
  }

  process(ROLE: 'api' | 'worker', environment: Record<string, string | number> = {}): Promise<ServerProcess> {
    return ServerProcess.start({
      ROLE,
      DATABASE_URL: this.url,
      LEASE_MS,
      PROCESSING_TIME_MS: 0,
      LOG_LEVEL: 'log',
      ...environment,
    });
  }

  /** Posts orders in batches to every api in turn, and again what was refused with 503. */
  async post(orders: number, perBatch = 500): Promise<void> {
    const ids = Array.from({ length: orders }, (_, index) => `order-${this.sent.size + index}`);
    for (const id of ids) this.sent.add(id);
    const batches = Array.from({ length: Math.ceil(orders / perBatch) }, (_, index) =>
      ids.slice(index * perBatch, (index + 1) * perBatch),
    );
    await Promise.all(
      this.apis.map(async (api, index) => {
        for (const batch of batches.filter((_, at) => at % this.apis.length === index))
          await this.#postBatch(api, batch);
      }),
    );
  }

  /** What is wrong with the books, now that nobody writes. As many orders may have been overtaken as are given. */
  async findings(overtaken = 0): Promise<unknown[]> {
    const query = <Row>(sql: string) => this.source.query<Row[]>(sql);
    return (await check(query, { sent: this.sent, acknowledged: this.acknowledged })).filter(
      ({ check: name, count }) => count > (name === 'started out of turn' ? overtaken : 0),
    );
  }

  async metrics(of = this.apis[0]) {
    return (await get(`${of?.url}/metrics`)).body;
  }

  async query<Row>(sql: string): Promise<Row[]> {
    return this.source.query<Row[]>(sql);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((process) => process.stop('SIGKILL')));
    await this.source.destroy();
    await this.remove();
  }

  async #postBatch(api: ServerProcess, ids: string[]): Promise<void> {
    for (let left = ids; left.length > 0;) {
      const orders = left.map((order_id) => ({ order_id, user_id: 'u', item_ids: ['i'], total_amount: 1 }));
      const response = await fetch(`${api.url}/orders/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ orders }),
      });
      const { results } = (await response.json()) as { results: { order_id: string; status_code: number }[] };
      for (const { order_id, status_code } of results)
        if (status_code < 300) this.acknowledged.add(order_id);
        else this.refusals.add(status_code);
      left = left.filter((id) => !this.acknowledged.has(id));
    }
  }
}

const isDone = (cluster: Cluster) =>
  until(
    () => cluster.metrics(),
    ({ completed_orders }) => completed_orders === cluster.sent.size,
    60_000,
  );

/** A database of Redis that no other test uses. */
const REDIS_DATABASE = 9;

for (const [server, queue] of SERVERS.flatMap((server) => [
  [server, 'memory'] as const,
  [server, 'bullmq'] as const,
])) {
  const canRun = (await isThere(server)) && (queue === 'memory' || (await isRedisThere()));
  (canRun ? describe : describe.skip)(
    `two that accept and two that process, on ${server.name}, ${queue}`,
    () => {
      let cluster: Cluster;
      let shared: Record<string, string | number>;
      beforeEach(async () => {
        shared =
          queue === 'memory' ? {} : { QUEUE_DRIVER: queue, REDIS_URL: await emptyRedis(REDIS_DATABASE) };
      });
      afterEach(() => cluster.stop());

      it('complete each order once, whichever worker is killed, and all tell the same', async () => {
        cluster = await Cluster.start(server, { ...shared, PROCESSING_TIME_MS: 5 });
        const posting = cluster.post(20_000);
        for (let kills = 0; kills < KILLS; kills++) {
          await until(
            () => cluster.metrics(),
            ({ completed_orders }) => completed_orders > kills * 2000,
            30_000,
          );
          const [victim] = cluster.workers.splice(kills % 2, 1);
          await victim?.kill();
          cluster.workers.push(await cluster.process('worker', { ...shared, PROCESSING_TIME_MS: 5 }));
        }
        await posting;
        await isDone(cluster);
        const overtaken = queue === 'bullmq' ? KILLS * SLOTS : 0; // what a killed worker had claimed waits for its lock to end
        expect(await cluster.findings(overtaken)).toEqual([]);
        const [one, other] = [
          await cluster.metrics(cluster.apis[0]),
          await cluster.metrics(cluster.workers[1]),
        ];
        for (const key of ['total_orders', 'status_counts', 'average_processing_time', 'average_wait_time'])
          expect(other[key]).toEqual(one[key]);
      }, 120_000);

      it('take over from a worker that is paused, whose late completions are refused', async () => {
        cluster = await Cluster.start(server, {
          ...shared,
          PROCESSING_TIME_MS: 300,
          PROCESSOR_CONCURRENCY: 5,
        });
        const [paused] = cluster.workers;
        await cluster.post(100);
        await until(
          () => cluster.metrics(),
          ({ processing_orders }) => processing_orders === 10,
          10_000,
        );
        paused?.process.kill('SIGSTOP');
        await isDone(cluster);
        paused?.process.kill('SIGCONT');
        await until(
          async () => paused?.log.filter((line) => line.includes('took back')).length ?? 0,
          () => true,
          1000,
        );
        const interrupted = await cluster.query(
          `SELECT order_seq FROM order_history WHERE reason = 'interrupted'`,
        );
        expect(interrupted.length).toBeGreaterThan(0);
        expect((await get(`${paused?.url}/health/ready`)).status).toBe(200); // it is awake, and has tried to complete
        expect(await cluster.findings()).toEqual([]);
      }, 60_000);
    },
  );
}
