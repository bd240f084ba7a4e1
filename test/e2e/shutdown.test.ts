import { once } from 'node:events';
import { connect } from 'node:net';
import { startApp, temporaryDatabase } from '../support/app.js';
import { expectSound, statusCounts } from '../support/books.js';
import { anOrder, get, post, until, untilMetrics } from '../support/client.js';
import { ServerProcess } from '../support/server.js';
import { readTable } from '../support/table.js';

const ORDERS = { orders: Array.from({ length: 300 }, (_, order_id) => anOrder({ order_id })) };

describe('a server that is told to stop', () => {
  let database: ReturnType<typeof temporaryDatabase>;
  let server: ServerProcess;
  const start = async (environment: Record<string, string | number>) =>
    (server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSOR_CONCURRENCY: 20,
      ...environment,
    }));
  const completeAll = async () => {
    await start({ PROCESSING_TIME_MS: 0 });
    await untilMetrics(server.url, (now) => now.completed_orders === now.total_orders);
  };
  beforeEach(() => (database = temporaryDatabase()));
  afterEach(async () => {
    await server.kill();
    database.remove();
  });

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])(
    'by %s finishes what it works on, and no more',
    async (signal) => {
      await start({ PROCESSING_TIME_MS: 300 });
      await post(`${server.url}/orders/batch`, ORDERS);
      await untilMetrics(server.url, (now) => now.processing_orders > 0 && now.completed_orders > 0);
      expect(await server.stop(signal)).toBe(0);
      const counts = statusCounts(database.file);
      expect(Object.keys(counts).toSorted((a, b) => a.localeCompare(b))).toEqual(['Completed', 'Pending']);
      expect(
        readTable(database.file, 'SELECT id FROM order_history WHERE attempt > 0 AND reason IS NOT NULL'),
      ).toEqual([]);
      await expectSound(database.file);
      await completeAll();
      await expectSound(database.file);
    },
  );

  it('hands back what would take too long, to be done by the next', async () => {
    await start({ PROCESSING_TIME_MS: 3_600_000, SHUTDOWN_TIMEOUT_MS: 100 });
    await post(`${server.url}/orders/batch`, ORDERS);
    await untilMetrics(server.url, (now) => now.processing_orders === 20);
    expect(await server.stop()).toBe(0);
    expect(statusCounts(database.file)).toEqual({ Pending: 300 });
    const sql = `SELECT from_status, to_status, reason, COUNT(*) AS count FROM order_history
      WHERE reason IS NOT NULL GROUP BY 1, 2, 3`;
    expect(readTable(database.file, sql)).toEqual([
      {
        from_status: 'Processing',
        to_status: 'Pending',
        reason: expect.stringMatching(/shutdown/),
        count: 20,
      },
    ]);
    await completeAll();
    expect(readTable(database.file, 'SELECT seq FROM orders WHERE failures > 0')).toEqual([]);
    await expectSound(database.file);
  });

  it('keeps what it accepts while it finishes, for the next', async () => {
    await start({ PROCESSING_TIME_MS: 3_600_000, SHUTDOWN_TIMEOUT_MS: 3000 });
    await post(`${server.url}/orders/batch`, ORDERS);
    await untilMetrics(server.url, (now) => now.processing_orders === 20);
    const stopped = server.stop();
    const notReady = await until(
      () => get(`${server.url}/health/ready`),
      ({ status }) => status === 503,
    );
    const late = await post(`${server.url}/orders`, anOrder({ order_id: 'late' }));
    expect(notReady.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await get(`${server.url}/health/live`)).status).toBe(200);
    expect(await stopped).toBe(0);
    expect(late.status).toBe(201);
    expect(statusCounts(database.file)).toEqual({ Pending: 301 });
    await completeAll();
    expect((await get(`${server.url}/orders/late`)).body).toMatchObject({ status: 'Completed', attempts: 1 });
    await expectSound(database.file);
  });

  it('loses none of the orders that it acknowledged while it stopped under load', async () => {
    await start({ PROCESSING_TIME_MS: 20 });
    const acknowledged: string[] = [];
    const clients = Array.from({ length: 20 }, async (_, client) => {
      for (let count = 0; ; count++) {
        const order_id = `client-${client}-${count}`;
        const answer = await post(`${server.url}/orders`, anOrder({ order_id })).catch(() => undefined);
        if (answer?.status !== 201) return;
        acknowledged.push(order_id);
      }
    });
    await untilMetrics(server.url, (now) => now.total_orders >= 300 && now.processing_orders > 0);
    expect(await server.stop()).toBe(0);
    await Promise.all(clients);
    expect(statusCounts(database.file)['Processing']).toBeUndefined();
    await completeAll();
    const rows = readTable<{ order_id: string }>(
      database.file,
      `SELECT order_id FROM orders WHERE status = 'Completed'`,
    );
    const completed = new Set(rows.map(({ order_id }) => order_id));
    expect(acknowledged.length).toBeGreaterThan(200);
    expect(acknowledged.filter((id) => !completed.has(id))).toEqual([]);
    await expectSound(database.file);
  });

  it('does not wait for clients that connected and have asked for nothing', async () => {
    const app = await startApp({ config: { SHUTDOWN_TIMEOUT_MS: 600_000 } });
    const { hostname, port } = new URL(app.url);
    const silent = connect(Number(port), hostname);
    await once(silent, 'connect');
    const closed = once(silent, 'close');
    await app.close();
    await closed;
  });

  it('stops at once when it has nothing to do', async () => {
    await start({ SHUTDOWN_TIMEOUT_MS: 3_600_000 });
    expect(await server.stop()).toBe(0);
  });
});
