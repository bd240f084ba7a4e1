import { EventEmitter2 } from '@nestjs/event-emitter';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ORDERS_MOVED } from '../../src/orders/order.events.js';
import { OrdersStore } from '../../src/orders/orders.store.js';
import { ProcessingSchedule } from '../../src/processing/processing.schedule.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilMetrics, untilStatus } from '../support/client.js';
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
    server.app.get(EventEmitter2).removeAllListeners(ORDERS_MOVED);
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
    await store.move({ seq, from: 'Pending', to: 'Processing', at: Date.now(), owner: 'nobody' });
    await server.app.get(ProcessingSchedule).tick();
    const order = await untilStatus(server.url, 'left', 'Completed');
    const { body } = await get(`${server.url}/orders/left/history`);
    await server.close();
    expect(order.attempts).toBe(2);
    expect(body[2]).toMatchObject({ from: 'Processing', to: 'Pending', attempt: 1, reason: 'interrupted' });
  });
});
