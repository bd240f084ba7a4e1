import { existsSync } from 'node:fs';
import { getRepositoryToken } from '@nestjs/typeorm';
import Sqlite from 'better-sqlite3';
import { DataSource, EntityManager, type Repository } from 'typeorm';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Database } from '../../src/database/database.js';
import { READER } from '../../src/database/sources/reading.data.source.js';
import { OrderEntity } from '../../src/orders/store/entities/order.entity.js';
import { ORDER_ENTITIES } from '../../src/orders/store/entities/order.entities.js';
import { ORDERS_TRANSITIONED, type OrdersTransitioned } from '../../src/domain/order.events.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { rows } from '../support/database.file.js';
import { having, HeldWork } from '../support/test.work.js';

/** Notes which connections are closed, in order, until the function that it returns is called. */
function noteClosings(file: string, closed: string[]): () => void {
  const { prototype } = Sqlite;
  const original = Object.getOwnPropertyDescriptor(prototype, 'close')?.value as () => Sqlite.Database;
  prototype.close = function close(this: Sqlite.Database) {
    if (this.open) closed.push(this.name === file ? (this.readonly ? 'reading' : 'writing') : this.name);
    return original.call(this);
  };
  return () => (prototype.close = original);
}

describe('the data sources', () => {
  let file: ReturnType<typeof temporaryDatabase>;
  let server: RunningApp;
  let work: HeldWork;
  beforeEach(async () => {
    file = temporaryDatabase();
    work = new HeldWork();
    server = await startApp({
      config: { DATABASE_URL: file.url, SHUTDOWN_TIMEOUT_MS: 50 },
      override: having(work),
    });
  });
  afterEach(async () => {
    await server.close();
    file.remove();
  });

  it('give nobody a way to write beside the write lane, nor into its transaction', async () => {
    const { app } = server;
    for (const entity of ORDER_ENTITIES)
      expect(() => app.get<unknown>(getRepositoryToken(entity), { strict: false })).toThrow();
    const manager = app.get(EntityManager, { strict: false });
    const stray = `INSERT INTO order_counters (name, slot, value) VALUES ('stray', 0, 1)`;
    const inTime = app.get(Database).transaction(async (query) => {
      await query(`INSERT INTO order_counters (name, slot, value) VALUES ('own', 0, 1)`);
      await expect(manager.query(stray)).rejects.toThrow(/OrdersStore/);
      await expect(manager.transaction(() => Promise.resolve())).rejects.toThrow(/OrdersStore/);
      throw new Error('undone');
    });
    await expect(inTime).rejects.toThrow('undone');
    expect(rows(file.url, `SELECT * FROM order_counters WHERE name IN ('stray', 'own')`)).toEqual([]);
  });

  it('read by repositories, which see what is committed, and cannot write', async () => {
    const { app, url } = server;
    const orders = app.get<Repository<OrderEntity>>(getRepositoryToken(OrderEntity, READER), {
      strict: false,
    });
    await post(`${url}/orders`, anOrder({ order_id: 'read', total_amount: 29.99 }));
    const order = await orders.findOneByOrFail({ orderId: 'read' });
    expect(order).toMatchObject({ orderId: 'read', totalAmount: 2999, seq: 1 });
    const other = Object.assign(new OrderEntity(), order, { seq: 2, orderId: 'other' });
    for (const write of [
      () => orders.save(Object.assign(order, { status: 'Completed' })),
      () => orders.insert(other),
      () => orders.update({ seq: 1 }, { status: 'Completed' }),
      () => orders.delete({ seq: 1 }),
      () => orders.manager.transaction(() => Promise.resolve()),
      () => orders.query('DELETE FROM orders'),
    ])
      await expect(write()).rejects.toThrow('the data source "reader" only reads');
    expect(rows(file.url, 'SELECT order_id FROM orders')).toEqual([{ order_id: 'read' }]);
  });

  it('are closed after the last write, the file given back last of all', async () => {
    const { app, url } = server;
    await post(`${url}/orders`, anOrder({ order_id: 'runs' }));
    await until(
      () => get(`${url}/orders/runs`),
      ({ body }) => body.status === 'Processing',
    );
    const seen: string[] = [];
    app.get(EventEmitter2).on(ORDERS_TRANSITIONED, ({ transitions }: OrdersTransitioned) => {
      for (const { to } of transitions) seen.push(to);
    });
    const restore = noteClosings(file.file, seen);
    await app.close();
    restore();
    expect(seen).toEqual(['Pending', 'reading', 'writing', `${file.file}.lock`]);
    expect(existsSync(`${file.file}-wal`)).toBe(false); // written back by the last to close
    expect(rows(file.url, 'SELECT status FROM orders')).toEqual([{ status: 'Pending' }]);
  });

  it.each<[string, (app: RunningApp['app']) => Promise<void>]>([
    ['the database', (app) => app.get(Database).onApplicationShutdown()],
    ['the data source', (app) => app.get(DataSource, { strict: false }).destroy()],
  ])('are closed in the same order when %s is the first to be told', async (_, tell) => {
    const closed: string[] = [];
    const restore = noteClosings(file.file, closed);
    await tell(server.app);
    restore();
    expect(closed).toEqual(['reading', 'writing', `${file.file}.lock`]);
    await server.app.close(); // tells both again
  });
});
