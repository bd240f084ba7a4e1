import type { Server } from 'node:http';
import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, request, until, untilMetrics, untilStatus } from '../support/client.js';
import { isPromtoolThere, promtool, samplesOf } from '../support/prometheus.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';
import { OwnRedis } from '../support/own.redis.js';
import { Trouble } from '../support/troubled.database.js';
import { Gate, withWork } from '../support/work.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const scrape = async (url: string) => samplesOf((await get(`${url}/metrics`, { accept: 'text/plain' })).body);

/** The samples that begin so, without it. */
function startingWith(samples: ReadonlyMap<string, number>, prefix: string): Record<string, number> {
  const found = [...samples].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

const places = [
  { name: 'SQLite', canRun: true, create: async () => undefined },
  ...(await Promise.all(
    SERVERS.map(async (server) => ({
      name: server.name,
      canRun: await isThere(server),
      create: () => createDatabase(server),
    })),
  )),
];

for (const { name, canRun, create } of places)
  (canRun ? describe : describe.skip)(`a scrape, on ${name}`, () => {
    const gate = new Gate();
    let database: Awaited<ReturnType<typeof createDatabase>> | undefined;
    let server: RunningApp;
    const start = (ROLE: string) => {
      const config = {
        PROCESSOR_CONCURRENCY: 1,
        MAX_ATTEMPTS: 2,
        RETRY_BACKOFF_MS: 1,
        RETRY_BACKOFF_MAX_MS: 1,
      };
      const work = withWork(async (order) => {
        if (order.orderId === 'bad') throw new PermanentFailure('refused', 'on purpose');
        if (order.orderId === 'shaky' && order.attempt === 1) throw new Error('once');
        if (order.orderId === 'long') await gate.work(order);
      });
      return startApp({
        config: { ...config, ROLE, ...(database && { DATABASE_URL: database.url }) },
        ...work,
      });
    };

    /** Two completed, one of them at its second attempt; one failed twice; one in work; two waiting; one cancelled. */
    beforeAll(async () => {
      database = await create();
      server = await start('all');
      const add = (order_id: string) => post(`${server.url}/orders`, anOrder({ order_id }));
      for (const id of ['good', 'bad', 'shaky']) await add(id);
      await untilMetrics(server.url, (now) => now.completed_orders === 2 && now.failed_orders === 1);
      await post(`${server.url}/orders/bad/retry`, {});
      await untilStatus(server.url, 'bad', 'Failed');
      for (const id of ['long', 'next', 'last', 'unwanted']) await add(id);
      await untilStatus(server.url, 'long', 'Processing');
      await post(`${server.url}/orders/unwanted/cancel`, {});
    }, 60_000);
    afterAll(async () => {
      gate.open();
      await server.close();
      await database?.remove();
    });

    it('has what became of the orders', async () => {
      const samples = await scrape(server.url);
      expect(startingWith(samples, 'ordermill_orders{')).toEqual({
        'status="Pending"}': 2,
        'status="Processing"}': 1,
        'status="Completed"}': 2,
        'status="Failed"}': 1,
        'status="Cancelled"}': 1,
      });
      expect(startingWith(samples, 'ordermill_orders_')).toEqual({
        accepted_total: 7,
        completed_total: 2,
        failed_total: 2,
        cancelled_total: 1,
        retried_total: 1,
        interrupted_total: 0,
        redriven_total: 1,
        deleted_total: 0,
      });
      expect(samples.get('ordermill_stored_orders')).toBe(7);
      expect(samples.get('ordermill_backlog_orders')).toBe(3);
    });

    it('has the waits and processing times, which add up to those of the JSON', async () => {
      const [samples, { body }] = [await scrape(server.url), await get(`${server.url}/metrics`)];
      for (const [of, count, average] of [
        ['wait', 4, body.average_wait_time],
        ['processing', 2, body.average_processing_time],
      ] as const) {
        const histogram = startingWith(samples, `ordermill_order_${of}_seconds_`);
        expect(histogram).toMatchObject({ count, 'bucket{le="+Inf"}': count });
        expect(Math.abs((histogram['sum'] ?? NaN) / count - average)).toBeLessThan(0.00051);
        const buckets = Object.entries(histogram).flatMap(([key, value]) =>
          key.startsWith('bucket') ? value : [],
        );
        expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
        expect(histogram['bucket{le="60"}']).toBe(count);
      }
    });

    it('has how long the oldest orders have waited and run, which grows', async () => {
      const names = ['ordermill_oldest_pending_age_seconds', 'ordermill_oldest_processing_age_seconds'];
      const ages = async () => {
        const samples = await scrape(server.url);
        return names.map((age) => samples.get(age) ?? NaN);
      };
      const first = await ages();
      const later = await until(ages, (now) => now.every((age, index) => age > (first[index] ?? NaN)));
      expect(Math.max(...later)).toBeLessThan(60);
    });

    it('has the commits of the process, and how it is', async () => {
      const samples = await scrape(server.url);
      const commits = samples.get('ordermill_process_commit_orders_count') ?? 0;
      expect(commits).toBeGreaterThanOrEqual(10);
      expect(samples.get('ordermill_process_commit_orders_bucket{le="1"}')).toBeGreaterThan(0);
      expect(samples.get('ordermill_process_commit_duration_seconds_count')).toBe(commits);
      expect(samples.get('ordermill_process_commit_duration_seconds_sum')).toBeGreaterThan(0);
      expect(samples.get('ordermill_process_commits_failed_total')).toBe(0);
      expect(startingWith(samples, 'ordermill_process_info')).toEqual({ '{role="all",queue="memory"}': 1 });
      for (const part of ['database', 'queue']) expect(samples.get(`ordermill_process_${part}_up`)).toBe(1);
      expect(samples.get('ordermill_process_resident_memory_bytes')).toBeGreaterThan(1e7);
      expect(samples.get('ordermill_process_start_time_seconds')).toBeLessThan(Date.now() / 1000);
      await until(
        async () => (await scrape(server.url)).get('ordermill_process_event_loop_lag_seconds_count') ?? 0,
        (count) => count > 0,
      );
    });

    (isPromtoolThere() ? it : it.skip)('is as promtool would have it', async () => {
      const { body } = await get(`${server.url}/metrics/prometheus`);
      expect(promtool(['check', 'metrics'], body)).toEqual({ status: 0, said: '' });
    });

    if (name === 'SQLite') return;

    it('has the same of all orders from a process that only works', async () => {
      gate.open();
      await untilMetrics(server.url, (now) => now.completed_orders === 5); // or the worker would do them
      const worker = await start('worker');
      const [all, its] = [await scrape(server.url), await scrape(worker.url)];
      await worker.close();
      const ofOrders = (samples: Map<string, number>) =>
        Object.fromEntries([...samples].filter(([key]) => !/_process_|_age_/.test(key)));
      expect(ofOrders(its)).toEqual(ofOrders(all));
      expect(Object.keys(ofOrders(its)).length).toBeGreaterThan(40);
      expect(startingWith(its, 'ordermill_process_info')).toEqual({ '{role="worker",queue="memory"}': 1 });
    });
  });

describe('GET /metrics', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each([
    [{}, 'application/json; charset=utf-8'],
    [{ accept: '*/*' }, 'application/json; charset=utf-8'],
    [{ accept: 'application/json, text/plain, */*' }, 'application/json; charset=utf-8'],
    [{ accept: 'text/plain' }, TEXT],
    [{ accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5,*/*;q=0.1' }, OPENMETRICS],
  ])('answers %j with %s, and that it depends on it', async (headers, type) => {
    for (const path of ['/metrics', '/metrics/']) {
      const answer = await get(server.url + path, headers);
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('vary')]).toEqual([
        200,
        type,
        'Accept',
      ]);
      if (type === OPENMETRICS) expect(answer.body).toMatch(/\n# EOF\n$/);
    }
  });

  it('is text under /metrics/prometheus for everybody, and OpenMetrics for who prefers that', async () => {
    for (const [accept, type] of [
      ['*/*', TEXT],
      ['application/json', TEXT],
      ['text/html,*/*;q=0.8', TEXT],
      ['application/openmetrics-text', OPENMETRICS],
    ] as const)
      expect((await get(`${server.url}/metrics/prometheus`, { accept })).headers.get('content-type')).toBe(
        type,
      );
    expect((await request('POST', `${server.url}/metrics/prometheus`)).status).toBe(405);
  });

  it('has the same samples in both formats', async () => {
    const [text, open] = await Promise.all(
      ['text/plain', 'application/openmetrics-text'].map(async (accept) =>
        samplesOf((await get(`${server.url}/metrics`, { accept })).body),
      ),
    );
    expect([...(open?.keys() ?? [])]).toEqual([...(text?.keys() ?? [])]);
    expect(text?.size).toBeGreaterThan(80);
  });
});

describe('a scrape of a process whose database is in trouble', () => {
  const trouble = new Trouble();
  const oldest = () => trouble.read.filter((sql) => sql.includes('AS processing'));
  let server: RunningApp;
  beforeAll(async () => (server = await startApp({ override: trouble.override })));
  afterAll(() => server.close());

  /** Nothing is answered until it is called. */
  function hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.answer = promise;
    return resolve;
  }

  it('shares one read with all that come meanwhile', async () => {
    const answer = hold();
    trouble.read = [];
    let arrived = 0;
    (server.app.getHttpServer() as Server).on('request', () => arrived++); // its type is any
    const scrapes = Array.from({ length: 20 }, () => scrape(server.url));
    await until(async () => arrived === 20 && oldest().length > 0);
    await get(`${server.url}/health/live`); // those before it are on their way
    answer();
    for (const samples of await Promise.all(scrapes))
      expect(samples.get('ordermill_orders_accepted_total')).toBe(0);
    expect(oldest()).toHaveLength(1);
  });

  it('says that it is down, and has what is known of the process', async () => {
    await post(`${server.url}/orders`, anOrder()); // so that the counters are read anew
    trouble.isDown = true;
    const samples = await scrape(server.url);
    expect(samples.get('ordermill_process_database_up')).toBe(0);
    expect(samples.get('ordermill_orders_accepted_total')).toBeUndefined();
    expect(samples.get('ordermill_oldest_pending_age_seconds')).toBeUndefined();
    expect(samples.get('ordermill_process_resident_memory_bytes')).toBeGreaterThan(0);
    expect((await get(`${server.url}/metrics`)).status).toBe(503);
    trouble.isDown = false;
    const again = await scrape(server.url);
    expect(again.get('ordermill_process_database_up')).toBe(1);
    expect(again.get('ordermill_orders_accepted_total')).toBe(1);
  });

  it('does not wait for one that does not answer', async () => {
    const answer = hold();
    const samples = await scrape(server.url);
    expect(samples.get('ordermill_process_database_up')).toBe(0);
    answer();
  }, 10_000);
});

(OwnRedis.isPossible() ? describe : describe.skip)('a scrape of a process whose queue is in Redis', () => {
  it('says whether Redis is there', async () => {
    const redis = await OwnRedis.create();
    const server = await startApp({ config: { QUEUE_DRIVER: 'bullmq', REDIS_URL: redis.url } });
    const isUp = async () => (await scrape(server.url)).get('ordermill_process_queue_up');
    expect(await isUp()).toBe(0);
    await redis.start();
    await until(isUp, (up) => up === 1);
    await redis.kill();
    await until(isUp, (up) => up === 0);
    await server.close();
  }, 60_000);
});
