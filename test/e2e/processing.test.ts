import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { databaseOn } from '../../src/database/open.database.js';
import type { WritingDataSource } from '../../src/database/sources/writing.data.source.js';
import { ORDERS_TRANSITIONED } from '../../src/domain/order.events.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { AttemptRunner } from '../../src/processing/attempt.runner.js';
import { ProcessingSchedule } from '../../src/processing/processing.schedule.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until, untilMetrics, untilStatus } from '../support/client.js';
import { withFile } from '../support/database.file.js';
import { recorded, type Statement } from '../support/examined.rows.js';
import { aRequest } from '../support/store.js';
import { fileOf } from '../support/table.js';
import { Gate, withWork } from '../support/work.js';

/** Takes away the tick, the safety net: what happens now, happens without it. */
function stopTicking(server: RunningApp): void {
  const registry = server.app.get(SchedulerRegistry);
  const names = registry.getIntervals();
  expect(names).toHaveLength(1);
  for (const name of names) registry.deleteInterval(name);
}

const batch = (length: number) => ({
  orders: Array.from({ length }, (_, order_id) => anOrder({ order_id })),
});

describe('processing', () => {
  it('uses every slot, and never more', async () => {
    const gate = new Gate();
    const server = await startApp({ config: { PROCESSOR_CONCURRENCY: 7 }, ...withWork(gate.work) });
    await post(`${server.url}/orders/batch`, batch(50));
    await untilMetrics(server.url, (now) => now.processing_orders === 7);
    await post(`${server.url}/orders`, anOrder({ order_id: 'one-more' }));
    await server.app.get(ProcessingSchedule).tick();
    const { body } = await get(`${server.url}/metrics`);
    const { most } = gate;
    gate.open();
    await untilMetrics(server.url, (now) => now.completed_orders === 51);
    await server.close();
    expect(body).toMatchObject({ processing_orders: 7, pending_orders: 44 });
    expect(most).toBe(7);
    expect(gate.most).toBe(7);
    expect(gate.started).toEqual([...Array.from({ length: 50 }, (_, id) => String(id)), 'one-more']);
  });

  it('fills a slot as soon as it is free, while others are still busy', async () => {
    const slow = new Gate();
    const server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 2 },
      ...withWork((order) => (order.orderId === '0' ? slow.work(order) : undefined)),
    });
    stopTicking(server);
    await post(`${server.url}/orders/batch`, batch(30));
    const metrics = await untilMetrics(server.url, (now) => now.completed_orders === 29);
    slow.open();
    await untilStatus(server.url, '0', 'Completed');
    await server.close();
    expect(metrics).toMatchObject({ processing_orders: 1, pending_orders: 0 });
  });

  it('needs no tick to begin, on an idle server', async () => {
    const server = await startApp();
    stopTicking(server);
    for (let order_id = 0; order_id < 20; order_id++) {
      await post(`${server.url}/orders`, anOrder({ order_id }));
      await untilStatus(server.url, String(order_id), 'Completed');
    }
    await server.close();
  });

  it('begins where it stopped after a restart, without anything being asked of it', async () => {
    const gate = new Gate();
    const first = await startApp({ config: { PROCESSOR_CONCURRENCY: 1 }, ...withWork(gate.work) });
    await post(`${first.url}/orders/batch`, batch(20));
    await untilStatus(first.url, '0', 'Processing');
    const closed = first.app.close();
    gate.open();
    await closed;
    const started: string[] = [];
    const second = await startApp({
      config: { DATABASE_URL: first.config.DATABASE_URL, PROCESSOR_CONCURRENCY: 1 },
      ...withWork(({ orderId }) => started.push(orderId)),
    });
    stopTicking(second);
    await untilMetrics(second.url, (now) => now.completed_orders === 20);
    await second.close();
    await first.close();
    expect([...gate.started, ...started]).toEqual(Array.from({ length: 20 }, (_, id) => String(id)));
  });

  it('finds at its tick an order whose enqueue was lost', async () => {
    const server = await startApp();
    stopTicking(server);
    const content = { idempotencyKey: null, userId: 'user-1', itemIds: ['item-1'], totalAmount: 100 };
    server.app.get(EventEmitter2).removeAllListeners(ORDERS_TRANSITIONED);
    await server.app.get(OrdersStore).insert({ orderId: 'unheard', ...content });
    const before = await get(`${server.url}/orders/unheard/status`);
    await server.app.get(ProcessingSchedule).tick();
    await untilStatus(server.url, 'unheard', 'Completed');
    await server.close();
    expect(before.body.status).toBe('Pending');
  });

  it('takes back at its tick an order that somebody left in Processing', async () => {
    const server = await startApp();
    stopTicking(server);
    const store = server.app.get(OrdersStore);
    const content = { idempotencyKey: null, userId: 'user-1', itemIds: ['item-1'], totalAmount: 100 };
    const { seq } = await store.insert({ orderId: 'left', ...content });
    await store.transition({ seq, from: 'Pending', to: 'Processing', at: Date.now(), owner: 'nobody' });
    await server.app.get(ProcessingSchedule).tick();
    const order = await untilStatus(server.url, 'left', 'Completed');
    const { body } = await get(`${server.url}/orders/left/history`);
    await server.close();
    expect(order.attempts).toBe(2);
    expect(body[2]).toMatchObject({ from: 'Processing', to: 'Pending', attempt: 1, reason: 'interrupted' });
  });

  it('holds back an order that was left too often, and starts it after that without another tick', async () => {
    const server = await startApp();
    stopTicking(server);
    const store = server.app.get(OrdersStore);
    const { seq } = await store.insert(aRequest({ orderId: 'suspect' }));
    withFile(server.config.DATABASE_URL, (file) => file.exec('UPDATE orders SET interruptions = 3'));
    await store.transition({ seq, from: 'Pending', to: 'Processing', at: Date.now(), owner: 'nobody' });
    await server.app.get(ProcessingSchedule).tick();
    const order = await untilStatus(server.url, 'suspect', 'Completed');
    const { body } = await get(`${server.url}/orders/suspect/history`);
    await server.close();
    expect(order.attempts).toBe(2);
    const [, , back, again] = body;
    expect(back).toMatchObject({ from: 'Processing', to: 'Pending', reason: 'interrupted' });
    expect(Date.parse(again.at) - Date.parse(back.at)).toBeGreaterThanOrEqual(1000);
  });

  it('starts at its tick all orders that are due, however many', async () => {
    const server = await startApp();
    stopTicking(server);
    withFile(server.config.DATABASE_URL, (file) =>
      file.exec(`INSERT INTO orders (seq, queue_seq, order_id, user_id, total_amount, item_ids, status, attempts, failures,
          not_before, created_at, updated_at)
        WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1500)
        SELECT i, i, 'due-' || i, 'user-1', 100, '["a"]', 'Pending', 1, 1, 1000, 1000, 1000 FROM numbers`),
    );
    await server.app.get(ProcessingSchedule).tick();
    await untilMetrics(server.url, (now) => now.completed_orders === 1500);
    await server.close();
  });

  it('asks the database a few questions only at a tick, where nothing is to be done', async () => {
    const file = temporaryDatabase();
    let statements: Statement[] = [];
    const factory = async (source: WritingDataSource) => {
      const recording = recorded(await databaseOn(source, 0));
      statements = recording.statements;
      return recording.database;
    };
    const server = await startApp({
      config: { DATABASE_URL: file.url },
      override: (builder) => builder.overrideProvider(Database).useFactory({ factory, inject: [DataSource] }),
    });
    stopTicking(server);
    const before = statements.length;
    await server.app.get(ProcessingSchedule).tick();
    const asked = statements.length - before;
    await server.close();
    file.remove();
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(10);
  });

  it('lets go of an order that it has processed', async () => {
    const gate = new Gate();
    const server = await startApp(withWork(gate.work));
    const runner = server.app.get(AttemptRunner);
    await post(`${server.url}/orders`, anOrder({ order_id: 'held' }));
    await untilStatus(server.url, 'held', 'Processing');
    const during = runner.holds(1);
    gate.open();
    await untilStatus(server.url, 'held', 'Completed');
    await until(async () => !runner.holds(1));
    await server.close();
    expect(during).toBe(true);
  });

  it('takes up first what a process was doing when it was killed, and tells when each attempt ended', async () => {
    const gate = new Gate();
    const killed = await startApp({ config: { PROCESSOR_CONCURRENCY: 1 }, ...withWork(gate.work) });
    await post(`${killed.url}/orders/batch`, batch(3));
    await untilStatus(killed.url, '0', 'Processing');
    const left = temporaryDatabase();
    cpSync(dirname(fileOf(killed.config.DATABASE_URL)), dirname(left.file), { recursive: true });
    const startedAt = Date.now();
    const started: string[] = [];
    const next = await startApp({
      config: { DATABASE_URL: left.url, PROCESSOR_CONCURRENCY: 1 },
      ...withWork(({ orderId }) => started.push(orderId)),
    });
    stopTicking(next);
    await untilMetrics(next.url, (now) => now.completed_orders === 3);
    const { body } = await get(`${next.url}/orders/0/history`);
    const endedAt = Date.now();
    gate.open();
    await next.close();
    await killed.close();
    left.remove();
    expect(started).toEqual(['0', '1', '2']);
    expect(body.at(-1)).toMatchObject({ to: 'Completed', attempt: 2 });
    expect(Date.parse(body.at(-1).at)).toBeGreaterThanOrEqual(startedAt);
    expect(Date.parse(body.at(-1).at)).toBeLessThanOrEqual(endedAt);
  });
});
