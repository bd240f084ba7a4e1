import { readFileSync } from 'node:fs';
import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until, untilMetrics } from '../support/client.js';
import { Prometheus } from '../support/prometheus.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';
import { withWork } from '../support/work.js';

const [postgres] = SERVERS;
const canRun = Prometheus.isPossible() && postgres !== undefined && (await isThere(postgres));

(canRun ? describe : describe.skip)('a Prometheus server that is told only where two processes are', () => {
  let servers: RunningApp[];
  let prometheus: Prometheus;
  let remove: () => Promise<void>;
  let url: string;

  beforeAll(async () => {
    if (!postgres) throw new Error('it was there');
    const database = await createDatabase(postgres);
    remove = database.remove;
    const work = withWork(({ orderId }) => {
      if (orderId === 'bad') throw new PermanentFailure('refused', 'on purpose');
    });
    const start = (ROLE: string) => startApp({ config: { DATABASE_URL: database.url, ROLE }, ...work });
    servers = await Promise.all(['api', 'worker'].map(start));
    [url] = servers.map((server) => server.url) as [string, string]; // as many as roles
    prometheus = await Prometheus.start(servers.map((server) => server.url));
  }, 60_000);
  afterAll(async () => {
    await prometheus?.stop();
    for (const server of servers) await server.close();
    await remove();
  });

  it('scrapes both, by the path and the formats of its defaults', async () => {
    const targets = await until(
      () => prometheus.targets(),
      (all) => all.length === 2 && all.every(({ health }) => health === 'up'), // not a scrape that took too long
    );
    for (const { lastError, scrapeUrl } of targets)
      expect([lastError, new URL(scrapeUrl).pathname]).toEqual(['', '/metrics']);
    await prometheus.untilValue('sum(ordermill_process_database_up)', 2);
    await prometheus.untilValue('count(ordermill_process_info{role="worker"})', 1);
  });

  it('has the figures of the JSON: exact, once, and the same from both', async () => {
    const orders = Array.from({ length: 50 }, () => anOrder());
    await post(`${url}/orders/batch`, { orders: [...orders, anOrder({ order_id: 'bad' })] });
    const body = await untilMetrics(url, (now) => now.completed_orders === 50 && now.failed_orders === 1);
    for (const [expression, value] of [
      ['max(ordermill_orders_accepted_total)', 51],
      ['min(ordermill_orders_completed_total)', 50],
      ['max(ordermill_orders_failed_total)', 1],
      ['max(ordermill_orders{status="Failed"})', 1],
      ['min(ordermill_orders{status="Completed"})', body.completed_orders],
      ['max(ordermill_backlog_orders)', 0],
      ['max(ordermill_order_wait_seconds_count)', 51],
      ['min(ordermill_order_processing_seconds_bucket{le="+Inf"})', 50],
      ['max(ordermill_oldest_pending_age_seconds)', 0],
    ] as const)
      await prometheus.untilValue(expression, value);
    const types = (await get(`${prometheus.url}/api/v1/metadata`)).body.data;
    expect(types['ordermill_orders_accepted_total'] ?? types['ordermill_orders_accepted']).toMatchObject([
      { type: 'counter', help: expect.stringMatching(/^All processes together/) },
    ]);
  });

  it('tells from a histogram what the JSON tells', async () => {
    const expression = 'histogram_quantile(0.99, max by (le) (ordermill_order_processing_seconds_bucket))';
    const [series] = await prometheus.query(expression);
    const { body } = await get(`${url}/metrics`);
    expect(Number(series?.value[1])).toBeGreaterThanOrEqual(body.processing_time.p50 / 2);
    expect(Number(series?.value[1])).toBeLessThanOrEqual(Math.max(0.005, body.processing_time.p99 * 2.5));
  });

  it('finds something to draw for every line of the dashboard', async () => {
    const file = new URL('../../deploy/grafana-dashboard.json', import.meta.url);
    const { panels } = JSON.parse(readFileSync(file, 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const lines = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) {
      const expression = line.replaceAll('$job', 'ordermill').replaceAll('$__rate_interval', '1m');
      const series = await until(
        () => prometheus.query(expression),
        (found) => found.length > 0,
      );
      expect([expression, series.length > 0]).toEqual([expression, true]);
    }
  });

  it('sees a process end', async () => {
    await servers[1]?.close();
    await prometheus.untilValue('sum(up)', 1);
    servers.splice(1);
  });
});
