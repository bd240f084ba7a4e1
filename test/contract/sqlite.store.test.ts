import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { databaseOptions } from '../../src/database/database.options.js';
import { openDatabase } from '../../src/database/open.database.js';
import { ORDERS_TRANSITIONED, type OrdersTransitioned } from '../../src/domain/order.events.js';
import { temporaryDatabase } from '../support/app.js';
import { aRequest, openStore, type OpenDatabase } from '../support/store.js';
import { ordersStoreContract } from './orders.store.contract.js';

const openAt = (files: ReturnType<typeof temporaryDatabase>): OpenDatabase => {
  return async () => ({ database: await openDatabase(files.url), remove: () => files.remove() });
};

ordersStoreContract('SQLite', () => openAt(temporaryDatabase())());

describe('a SQLite file of orders', () => {
  let files: ReturnType<typeof temporaryDatabase>;
  beforeEach(() => (files = temporaryDatabase()));
  afterEach(() => files.remove());

  it('has the order on the disk when its insert resolves, as a crash would leave it', async () => {
    const crashed = temporaryDatabase();
    const { store, close } = await openStore(openAt(files));
    for (const orderId of ['first', 'second']) {
      await store.insert(aRequest({ orderId }));
      cpSync(dirname(files.file), dirname(crashed.file), { recursive: true });
      const copy = new Sqlite(crashed.file);
      expect(copy.prepare('SELECT status FROM orders WHERE order_id = ?').get(orderId)).toEqual({
        status: 'Pending',
      });
      expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
      copy.close();
    }
    await close();
    crashed.remove();
  });

  it('commits no more at once than one statement of the database may hold', async () => {
    const database = await openDatabase(files.url);
    const narrow = new Proxy(database, {
      get: (target, key) => {
        if (key === 'maxStatementBytes') return 40_000; // as a server with a small max_allowed_packet
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value; // its private fields are the target's
      },
    });
    const { store, announced, close } = await openStore(async () => ({ database: narrow, remove: () => {} }));
    await store.insertAll(Array.from({ length: 50 }, () => aRequest({ itemIds: ['i'.repeat(1500)] })));
    expect(announced.flat()).toHaveLength(50);
    for (const commit of announced) expect(commit.length * 1500 * 4).toBeLessThanOrEqual(40_000); // 4 bytes a character
    await close();
  });

  it('syncs every commit: WAL, synchronous FULL', async () => {
    const database = await openDatabase(files.url);
    const pragmas = await database.transaction(async (query) => [
      ...(await query('PRAGMA synchronous')),
      ...(await query('PRAGMA journal_mode')),
      ...(await query('PRAGMA busy_timeout')),
    ]);
    expect(pragmas).toEqual([{ synchronous: 2 }, { journal_mode: 'wal' }, { timeout: 0 }]);
    await database.onApplicationShutdown();
  });

  it('announces a move only after its commit', async () => {
    const { store, events, close } = await openStore(openAt(files));
    const other = new Sqlite(files.file, { readonly: true });
    const seen: unknown[] = [];
    events.on(ORDERS_TRANSITIONED, ({ transitions }: OrdersTransitioned) => {
      for (const { seq, to } of transitions)
        seen.push([to, other.prepare('SELECT status FROM orders WHERE seq = ?').pluck().get(seq)]);
    });
    const { seq } = await store.insert(aRequest());
    await store.transition({ seq, from: 'Pending', to: 'Processing', at: Date.now() });
    expect(seen).toEqual([
      ['Pending', 'Pending'],
      ['Processing', 'Processing'],
    ]);
    other.close();
    await close();
  });

  it('goes on counting where the last process stopped', async () => {
    const first = await openStore(openAt(files));
    const { seq } = await first.store.insert(aRequest());
    await first.store.transition({ seq, from: 'Pending', to: 'Processing', at: Date.now() });
    await first.store.transition({ seq, from: 'Processing', to: 'Failed', at: Date.now() });
    const moved = await first.store.transition({
      seq,
      from: 'Failed',
      to: 'Pending',
      at: Date.now(),
      requeue: true,
    });
    await first.database.onApplicationShutdown();
    const second = await openStore(openAt(files));
    expect((await second.store.insert(aRequest())).seq).toBeGreaterThan(moved?.queueSeq ?? Infinity);
    await second.close();
  });

  it('is brought up to date by its next start, with all that it counts and tells', async () => {
    const source = await new DataSource(databaseOptions(files.url)).initialize();
    await source.runMigrations();
    for (const _ of source.migrations.slice(1)) await source.undoLastMigration();
    await source.query(`INSERT INTO order_counters (name, value) VALUES ('last_seq', 7), ('Pending', 3)`);
    await source.query(`
      INSERT INTO orders (seq, order_id, user_id, total_amount, status, queue_seq, created_at, updated_at, item_ids)
      VALUES (7, 'old', 'u', 100, 'Cancelled', 7, 1000, 2000, '[]')`);
    await source.query(`
      INSERT INTO order_history (order_seq, at, from_status, to_status, attempt)
      VALUES (7, 1000, NULL, 'Pending', 0), (7, 2000, 'Pending', 'Cancelled', 0)`);
    await source.destroy();
    const { store, reader, counters, close } = await openStore(openAt(files));
    expect((await counters.counts()).byStatus.Pending).toBe(3);
    expect((await store.insert(aRequest())).seq).toBe(8);
    expect(await reader.history('old')).toEqual([
      { at: 1000, from: null, to: 'Pending', attempt: 0, reason: null },
      { at: 2000, from: 'Pending', to: 'Cancelled', attempt: 0, reason: null },
    ]);
    await close();
  });

  it('can be taken back to nothing by its migrations, and forward again', async () => {
    const source = await new DataSource(databaseOptions(files.url)).initialize();
    const tables = () =>
      source.query<{ name: string }[]>(`SELECT name FROM sqlite_master WHERE name LIKE 'order%'`);
    await source.runMigrations();
    const all = await tables();
    for (const _ of source.migrations) await source.undoLastMigration();
    expect(await tables()).toEqual([]);
    await source.runMigrations();
    expect(await tables()).toEqual(all);
    await source.destroy();
  });

  it('is held by one process at a time, and free when that has stopped', async () => {
    const holder = await openDatabase(files.url);
    await expect(openDatabase(files.url)).rejects.toThrow(
      `${files.file} is in use by another Ordermill process; one process at a time may hold a SQLite file.`,
    );
    await holder.onApplicationShutdown();
    const next = await openDatabase(files.url);
    await next.ping();
    await next.onApplicationShutdown();
  });

  it('has one transaction at a time, in the order of the calls, also after one that failed', async () => {
    const database = await openDatabase(files.url);
    const seen: string[] = [];
    const run = (name: string) =>
      database.transaction(async (query) => {
        seen.push(`${name} begins`);
        await new Promise(setImmediate);
        await query(`INSERT INTO order_counters (name, slot, value) VALUES (?, 0, 1)`, [name]);
        seen.push(`${name} ends`);
      });
    const outcomes = await Promise.allSettled(['a', 'a', 'b'].map(run));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(seen).toEqual(['a begins', 'a ends', 'a begins', 'b begins', 'b ends']);
    await database.onApplicationShutdown();
  });
});
