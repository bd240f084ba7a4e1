import { jest } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { PLACES } from '../support/any.database.js';
import { startApp } from '../support/app.js';
import { get, until } from '../support/client.js';
import { testOnOwnDatabases } from '../support/own.databases.js';
import { freePort } from '../support/ports.js';
import { expectProblem } from '../support/problem.js';

const UP = { status: 'up', since: expect.stringMatching(/^20.*Z$/) as string };
const DOWN = { status: 'down', since: expect.stringMatching(/^20.*Z$/) as string };
const ALL_UP = { process: UP, database: UP, migrations: UP, disk: UP, queue: UP };

describe.each(Object.values(PLACES))('the health of a process on $name', (place) => {
  (place.isThere ? it : it.skip)(
    'says what is down and since when: a migration that is missing',
    async () => {
      const database = await place.create();
      const server = await startApp({ config: { DATABASE_URL: database.url, DISK_MIN_FREE_BYTES: 1 } });
      const health = async () => (await get(`${server.url}/health`)).body;
      const change = (sql: string) => server.app.get(Database).write(sql);
      const last = '(SELECT id FROM (SELECT MAX(id) AS id FROM migrations) AS latest)';
      try {
        const before = await health();
        expect(before).toEqual({ status: 'ok', checks: ALL_UP });
        expect((await get(`${server.url}/health/ready`)).body).toEqual({ status: 'ok' });

        await change(`UPDATE migrations SET name = CONCAT('x', name) WHERE id = ${last}`);
        const ready = await get(`${server.url}/health/ready`);
        expectProblem(ready, 503, '/health/ready');
        expect(ready.body.detail).toBe('The schema of the database is not up to date.');
        expect(ready.headers.get('retry-after')).toBe('1');
        const during = await health();
        expect(during).toEqual({ status: 'down', checks: { ...ALL_UP, migrations: DOWN } });
        expect(during.checks.database).toEqual(before.checks.database);
        expect(Date.parse(during.checks.migrations.since)).toBeGreaterThanOrEqual(
          Date.parse(before.checks.migrations.since),
        );

        await change(`UPDATE migrations SET name = SUBSTR(name, 2) WHERE id = ${last}`);
        expect((await get(`${server.url}/health/ready`)).status).toBe(200);
        expect((await health()).status).toBe('ok');
        await change(`INSERT INTO migrations (id, timestamp, name) VALUES (999, 999, 'OfALaterVersion')`);
        expect((await health()).status).toBe('ok'); // an update of all processes is under way
      } finally {
        await server.close();
        await database.remove();
      }
    },
  );

  (place.isThere ? it : it.skip)('knows the disk only where it has the file', async () => {
    const database = await place.create();
    const config = { DATABASE_URL: database.url, DISK_MIN_FREE_BYTES: Number.MAX_SAFE_INTEGER };
    const server = await startApp({ config });
    try {
      const isFile = place === PLACES.file;
      const { body } = await get(`${server.url}/health`);
      expect(body.checks).toEqual({ ...ALL_UP, disk: isFile ? DOWN : UP });
      const ready = await get(`${server.url}/health/ready`);
      expect(ready.status).toBe(isFile ? 503 : 200);
      if (isFile) expect(ready.body.detail).toBe('The disk is nearly full.');
    } finally {
      await server.close();
      await database.remove();
    }
  });
});

describe('the health of a process', () => {
  it('is degraded, and the process ready, while Redis is away', async () => {
    const port = await freePort();
    const server = await startApp({
      config: { QUEUE_DRIVER: 'bullmq', REDIS_URL: `redis://me:password@127.0.0.1:${port}` },
    });
    try {
      const { body } = await get(`${server.url}/health`);
      expect(body).toEqual({ status: 'degraded', checks: { ...ALL_UP, queue: DOWN } });
      expect(JSON.stringify(body)).not.toMatch(new RegExp(`${port}|127\\.0\\.0\\.1|password|redis`, 'i'));
      expect((await get(`${server.url}/health/ready`)).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it('is asked of the database once for all who ask at one time', async () => {
    const server = await startApp();
    const pings = jest.spyOn(server.app.get(Database), 'ping');
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    try {
      pings.mockImplementationOnce(() => held);
      const asked = Array.from({ length: 50 }, (_, index) =>
        get(`${server.url}/health${index % 2 ? '/ready' : ''}`),
      );
      await until(async () => pings.mock.calls.length > 0);
      await get(`${server.url}/health/live`); // by now the others have come
      goOn();
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
      expect(pings.mock.calls.length).toBeLessThan(10);
    } finally {
      await server.close();
    }
  });
});

testOnOwnDatabases(
  'while %s does not answer',
  'probes are answered in time, and tell no address and no error of the driver',
  { DATABASE_TIMEOUT_MS: 600_000, SHUTDOWN_TIMEOUT_MS: 0 },
  async (database, server) => {
    expect((await get(`${server.url}/health`)).body.status).toBe('ok');
    await database.freeze();
    const [health, ready, live] = await Promise.all(
      ['', '/ready', '/live'].map((path) => get(`${server.url}/health${path}`)),
    );
    expect(health?.body).toEqual({
      status: 'down',
      checks: { ...ALL_UP, database: DOWN, migrations: expect.anything() },
    });
    expect([ready?.status, live?.status]).toEqual([503, 200]);
    const { hostname, port, username } = new URL(database.url);
    for (const secret of [hostname, port, username, 'timeout', 'ECONN'].filter(Boolean))
      expect(JSON.stringify([health?.body, ready?.body])).not.toContain(secret);
    database.thaw();
    await until(
      () => get(`${server.url}/health/ready`),
      ({ status }) => status === 200,
    );
  },
);
