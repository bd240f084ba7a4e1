import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { findingsIn } from '../support/any.database.js';
import { temporaryDatabase } from '../support/app.js';
import { anOrder, post, untilMetrics } from '../support/client.js';
import { runBuilt } from '../support/program.js';
import { ServerProcess } from '../support/server.js';

describe('npm run backup, npm run restore', () => {
  let database: ReturnType<typeof temporaryDatabase>;
  let saved: string;
  const servers: ServerProcess[] = [];
  const start = async (environment: Record<string, string | number> = {}) => {
    const server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 5,
      LOG_LEVEL: 'info',
      ...environment,
    });
    servers.push(server);
    return server;
  };
  const backup = (...options: string[]) =>
    runBuilt('backup/backup.main', { DATABASE_URL: database.url }, '--to', saved, ...options);
  const restore = (from = saved) =>
    runBuilt('backup/restore.main', { DATABASE_URL: database.url }, '--from', from);
  const files = () => readdirSync(dirname(database.file)).toSorted();
  const idsIn = (file: string) => {
    const sqlite = new Sqlite(file, { readonly: true });
    const ids = sqlite.prepare('SELECT order_id FROM orders').pluck().all() as string[];
    sqlite.close();
    return new Set(ids);
  };
  const withOrders = async (...ids: string[]) => {
    const server = await start();
    for (const order_id of ids) await post(`${server.url}/orders`, anOrder({ order_id }));
    await server.stop();
  };

  beforeEach(() => {
    database = temporaryDatabase();
    saved = join(dirname(database.file), 'saved.sqlite');
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.kill();
    database.remove();
  });

  it('give back what was accepted before the backup began, under load and after a SIGKILL', async () => {
    const server = await start();
    const [sent, acknowledged] = [new Set<string>(), new Set<string>()];
    let isKilled = false;
    const client = async (name: string) => {
      for (let count = 0; !isKilled; count++) {
        const order_id = `${name}-${count}`;
        sent.add(order_id);
        const { status } = await post(`${server.url}/orders`, anOrder({ order_id })).catch(() => ({
          status: 0,
        }));
        if (status === 201) acknowledged.add(order_id);
        else if (!isKilled) throw new Error(`${order_id}: ${status}`);
      }
    };
    const clients = Array.from({ length: 20 }, (_, index) => client(`client-${index}`));
    await untilMetrics(server.url, ({ completed_orders: completed }) => completed > 500);
    const before = new Set(acknowledged);
    const { code, said } = await backup();
    expect([code, said]).toEqual([0, expect.stringMatching(/^\d+ orders saved in /)]);
    const during = acknowledged.size - before.size;
    expect(during).toBeGreaterThan(0); // it kept nobody waiting
    await untilMetrics(server.url, (now) => now.total_orders > before.size + during + 500);
    isKilled = true;
    await server.kill();
    await Promise.all(clients);

    expect(await restore()).toMatchObject({ code: 0, said: expect.stringContaining('orders restored into') });
    const restored = idsIn(database.file);
    expect([...before].filter((id) => !restored.has(id))).toEqual([]);
    expect(restored.size).toBeLessThan(acknowledged.size);
    const again = await start();
    await untilMetrics(again.url, (now) => now.pending_orders + now.processing_orders === 0);
    await again.stop();
    expect(await findingsIn(database.url, { sent, acknowledged: before })).toEqual([]);
  }, 60_000);

  it('a backup is one sound file; it replaces none without --force, and never the database', async () => {
    await withOrders('a', 'b');
    expect((await backup()).code).toBe(0);
    expect(files().filter((name) => name.startsWith('saved'))).toEqual(['saved.sqlite']);
    expect(idsIn(saved)).toEqual(new Set(['a', 'b']));
    await withOrders('c');
    expect(await backup()).toMatchObject({ code: 1, said: expect.stringContaining('exists already') });
    expect(idsIn(saved).size).toBe(2);
    expect((await backup('--force')).code).toBe(0);
    expect(idsIn(saved).size).toBe(3);
    saved = database.file;
    expect(await backup('--force')).toMatchObject({ code: 1, said: expect.stringContaining('itself') });
  });

  it('a backup has what a killed server left in its log', async () => {
    const server = await start();
    await post(`${server.url}/orders`, anOrder({ order_id: 'a' }));
    await server.kill();
    expect(statSync(`${database.file}-wal`).size).toBeGreaterThan(0);
    expect((await backup()).code).toBe(0);
    expect(idsIn(saved)).toEqual(new Set(['a']));
  });

  it('restore keeps what was there, and nothing of its log gets into what is restored', async () => {
    await withOrders('a');
    await backup();
    const server = await start();
    await post(`${server.url}/orders`, anOrder({ order_id: 'b' }));
    await server.kill(); // b is in the log only
    const { code, said } = await restore();
    expect(code).toBe(0);
    const [, kept = ''] = /before is (.*)\n/.exec(said) ?? [];
    expect(idsIn(kept)).toEqual(new Set(['a', 'b']));
    expect(idsIn(database.file)).toEqual(new Set(['a']));
    expect(existsSync(`${database.file}-wal`)).toBe(false);
    expect((await restore(kept)).code).toBe(0);
    expect(idsIn(database.file)).toEqual(new Set(['a', 'b']));
    const again = await start();
    expect((await post(`${again.url}/orders`, anOrder({ order_id: 'c' }))).status).toBe(201);
  });

  it('restore makes the file and its folder where there are none', async () => {
    await withOrders('a');
    await backup();
    const place = join(dirname(database.file), 'new', 'orders.sqlite');
    const { code, said } = await runBuilt(
      'backup/restore.main',
      { DATABASE_URL: `sqlite:${place}` },
      '--from',
      saved,
    );
    expect([code, said]).toEqual([0, expect.not.stringContaining('before')]);
    expect(idsIn(place)).toEqual(new Set(['a']));
  });

  it('restore of a damaged database keeps it, with its log', async () => {
    await withOrders('a');
    await backup();
    const garbage = Buffer.alloc(8192, 'x');
    writeFileSync(database.file, garbage);
    writeFileSync(`${database.file}-wal`, 'log');
    const { code, said } = await restore();
    expect(code).toBe(0);
    const [, kept = ''] = /before is (.*)\n/.exec(said) ?? [];
    expect(readFileSync(kept)).toEqual(garbage);
    expect(readFileSync(`${kept}-wal`, 'utf8')).toBe('log');
    expect(idsIn(database.file)).toEqual(new Set(['a']));
  });

  it('restore refuses while a server has the file', async () => {
    await withOrders('a');
    await backup();
    await start();
    expect(await restore()).toMatchObject({ code: 1, said: expect.stringContaining('is in use') });
  });

  it('restore refuses what is missing, no database, not ours, of a newer version, or damaged', async () => {
    await withOrders(...Array.from({ length: 30 }, (_, index) => `order-${index}`));
    await backup();
    const before = readFileSync(database.file);
    const bad = join(dirname(database.file), 'bad.sqlite');
    const refused = async (why: string | RegExp) => {
      const { code, said } = await restore(bad);
      expect([code, said]).toEqual([1, expect.stringMatching(why)]);
      expect(readFileSync(database.file)).toEqual(before);
    };
    const changed = (sql: string) => {
      copyFileSync(saved, bad);
      const sqlite = new Sqlite(bad);
      sqlite.exec(sql);
      sqlite.close();
    };
    await refused('There is no file');
    writeFileSync(bad, 'x'.repeat(5000));
    await refused('no SQLite file');
    writeFileSync(bad, '');
    await refused('no database of orders');
    changed('DROP TABLE order_history');
    await refused('no database of orders');
    changed(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Later2000')`);
    await refused('newer version .*Later2000');
    copyFileSync(saved, bad);
    truncateSync(bad, statSync(bad).size - 4096);
    await refused('damaged');
    expect(files().filter((name) => name.includes('.part') || name.includes('before'))).toEqual([]);
  });

  it('neither is for a server: the message says where to read on', async () => {
    for (const program of ['backup', 'restore']) {
      const { code, said } = await runBuilt(
        `backup/${program}.main`,
        { DATABASE_URL: 'postgres://user:secret@db/x' },
        program === 'backup' ? '--to' : '--from',
        saved,
      );
      expect([code, said]).toEqual([1, expect.stringContaining('docs/data.md')]);
      expect(said).not.toContain('secret');
    }
  });
});
