import { writeFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import Sqlite from 'better-sqlite3';
import { startApp, temporaryDatabase } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, until } from '../support/client.js';
import { withFaults } from '../support/faults.js';
import { ServerProcess } from '../support/server.js';
import { rows, writerOf } from '../support/database.file.js';
import { having, HeldWork } from '../support/test.work.js';

const SLOTS = 4;

/** Each begins at once and lasts until the returned function is called. */
const TROUBLES: Record<string, (app: INestApplication, file: string) => () => void> = {
  'the disk is full': (app) => {
    const writer = writerOf(app);
    const most = Number(writer.pragma('max_page_count', { simple: true }));
    writer.pragma('max_page_count = 1'); // never less than there are
    return () => void writer.pragma(`max_page_count = ${most}`);
  },
  'another program locks the file': (_, file) => {
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    return () => other.close();
  },
  'the file is read-only': (app) => {
    const writer = writerOf(app);
    writer.pragma('query_only = 1');
    return () => void writer.pragma('query_only = 0');
  },
};

describe.each(Object.entries(TROUBLES))('while %s', (_, begin) => {
  it('refuses writes with 503, answers reads, keeps calm, and goes on by itself afterwards', async () => {
    const database = temporaryDatabase();
    const work = new HeldWork();
    const config = { DATABASE_URL: database.url, PROCESSOR_CONCURRENCY: SLOTS };
    const server = await startApp({ config, override: having(work) });
    const { app, url } = server;
    const metrics = () => get(`${url}/metrics`);
    let accepted = 0;
    const create = async (order_id: string) => {
      const answer = await post(`${url}/orders`, anOrder({ order_id }));
      if (answer.status === 201) accepted++;
      return answer;
    };
    try {
      for (let index = 0; index < 2 * SLOTS; index++) await create(`before-${index}`);
      await until(metrics, ({ body }) => body.processing_orders === SLOTS);

      const end = begin(app, database.file);
      const log = listen(app);
      let number = 0;
      const refused = await until(
        () => create(`during-${++number}`),
        ({ status }) => status !== 201,
      );
      expect(refused.status).toBe(503);
      expect(refused.headers.get('content-type')).toBe('application/problem+json');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.body.detail).toBe('The database is not available at the moment; please try again.');
      const batch = await post(`${url}/orders/batch`, { orders: [anOrder()] });
      expect(batch.body.results).toMatchObject([{ status_code: 503 }]);
      for (const path of [
        '/orders/before-0',
        '/orders/before-0/history',
        '/orders',
        '/metrics',
        '/health/live',
      ])
        expect((await get(url + path)).status).toBe(200);
      expect((await get(`${url}/health/ready`)).status).toBe(503);

      work.release(); // attempts end, which cannot be written down now
      const { cpuMs, elapsedMs } = await usageOver(1500);
      expect(cpuMs).toBeLessThan(elapsedMs / 2);
      expect(log.length).toBeLessThan(30);

      end();
      const repeat = await until(
        () => create(`during-${number}`),
        ({ status }) => status !== 503,
      );
      expect([200, 201]).toContain(repeat.status);
      expect((await get(`${url}/health/ready`)).status).toBe(200);
      await until(metrics, ({ body }) => body.completed_orders === accepted, 5000);
      expect(new Set(work.started.map(({ orderId }) => orderId)).size).toBe(work.started.length); // each once
    } finally {
      await server.close();
      await expectSound(database.file);
      database.remove();
    }
  });
});

describe('a commit whose outcome is unknown', () => {
  it.each(['order_id', 'Idempotency-Key'])(
    "is resolved by the client's retry with the same %s",
    async (by) => {
      const file = temporaryDatabase();
      const AFTER_COMMIT = 0.015;
      const NONE = 0.5;
      let next = NONE;
      const once = () => {
        const draw = next;
        next = NONE;
        return draw;
      };
      const faulty = withFaults(file.url, once);
      const work = new HeldWork();
      work.release();
      const server = await startApp({
        config: { DATABASE_URL: file.url },
        override: (builder) => faulty.override(having(work)(builder)),
      });
      try {
        const create = () =>
          by === 'order_id'
            ? post(`${server.url}/orders`, anOrder({ order_id: 'unsure' }))
            : post(`${server.url}/orders`, anOrder(), { 'idempotency-key': 'unsure' });
        next = AFTER_COMMIT;
        expect((await create()).status).toBe(503);
        const repeat = await create();
        expect([repeat.status, repeat.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
        const { order_id } = repeat.body;
        await until(
          () => get(`${server.url}/orders/${order_id}`),
          ({ body }) => body.status === 'Completed',
        );
        expect(work.started).toEqual([{ orderId: order_id, attempt: 1 }]);
        expect(rows(file.url, 'SELECT order_id FROM orders')).toEqual([{ order_id }]);
      } finally {
        await server.close();
        await expectSound(file.file);
        file.remove();
      }
    },
  );
});

describe('a server', () => {
  const database = temporaryDatabase();
  afterAll(() => database.remove());
  const start = () => ServerProcess.start({ DATABASE_URL: database.url });

  it('does not start on a file that another server holds, and says so', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(
      new RegExp(`exited with 1:[^]*cannot start: ${database.file} is in use by another Ordermill process`),
    );
    expect((await get(`${first.url}/health/ready`)).status).toBe(200);
    await first.stop();
  });

  it.each<[string, () => void]>([
    ['is no database', () => writeFileSync(database.file, 'This is a shopping list.\n'.repeat(1000))],
    ['is damaged', () => damage(database.file)],
  ])('does not start on a file that %s, and says which file and why', async (_, spoil) => {
    spoil();
    const { message } = await start().then(
      () => new Error('it started'),
      (error: Error) => error,
    );
    expect(message).toContain('exited with 1:');
    expect(message).toContain(`cannot start: `);
    expect(message).toContain(database.file);
    expect(message).toMatch(/not a database|malformed/);
    expect(message).not.toContain('    at '); // no stack trace: one line
  });
});

/** A database whose first page lost what describes its tables. */
function damage(file: string): void {
  writeFileSync(file, '');
  const database = new Sqlite(file);
  database.exec('CREATE TABLE migrations (id integer); CREATE TABLE orders (id integer)');
  const bytes = database.serialize();
  database.close();
  writeFileSync(file, bytes.fill(0xff, 100, 4096));
}

/** What the application logs from now on. */
function listen(app: INestApplication): string[] {
  const lines: string[] = [];
  const note = (line: unknown) => void lines.push(String(line));
  app.useLogger({ log: note, warn: note, error: note, fatal: note });
  return lines;
}

/** What this process, with the server in it, uses of the processor in a while. */
async function usageOver(ms: number): Promise<{ cpuMs: number; elapsedMs: number }> {
  const [usage, began] = [process.cpuUsage(), performance.now()];
  await until(
    async () => performance.now() - began,
    (elapsed) => elapsed > ms,
  );
  const { user, system } = process.cpuUsage(usage);
  return { cpuMs: (user + system) / 1000, elapsedMs: performance.now() - began };
}
