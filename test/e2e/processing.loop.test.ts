import type { INestApplication } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ORDERS_TRANSITIONED, type OrdersTransitioned } from '../../src/domain/order.events.js';
import { AttemptFailure } from '../../src/processing/order.handler.js';
import { OrderProcessor } from '../../src/processing/order.processor.js';
import { ProcessingSchedule } from '../../src/processing/processing.schedule.js';
import { QueueService } from '../../src/queue/queue.service.js';
import { PLACES } from '../support/any.database.js';
import { startApp } from '../support/app.js';
import { anOrder, get, post, until, untilMetrics, untilStatus } from '../support/client.js';
import { withFile } from '../support/database.file.js';
import { InterruptedClock } from '../support/interrupted.clock.js';
import { having, TestWork } from '../support/test.work.js';
import { WatchedClock } from '../support/watched.clock.js';
import { Gate } from '../support/work.js';

const HOUR_MS = 3_600_000;

/** Takes away the tick, the safety net: what happens now, happens without it. */
function stopTicking(app: INestApplication): void {
  const registry = app.get(SchedulerRegistry);
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
}

describe('the loop of the processor', () => {
  it('rests while every slot is busy, though orders wait', async () => {
    const [gate, clock] = [new Gate(), new WatchedClock()];
    const server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1 },
      override: having(new TestWork(gate.work), clock),
    });
    stopTicking(server.app);
    for (const order_id of ['busy', 'waits']) await post(`${server.url}/orders`, anOrder({ order_id }));
    await untilStatus(server.url, 'busy', 'Processing');
    const { turns } = clock;
    for (let asked = 0; asked < 20; asked++) await get(`${server.url}/health/live`);
    const more = clock.turns - turns;
    gate.open();
    await untilStatus(server.url, 'waits', 'Completed');
    await server.close();
    expect(more).toBeLessThan(5);
  });

  it('has the end of one order and the start of the next share a commit', async () => {
    const work = new TestWork(async () => {
      for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate); // the loop has come to rest by then
    });
    const server = await startApp({ config: { PROCESSOR_CONCURRENCY: 1 }, override: having(work) });
    const commits: string[][] = [];
    server.app.get(EventEmitter2).on(ORDERS_TRANSITIONED, ({ transitions }: OrdersTransitioned) => {
      commits.push(transitions.map(({ to }) => to));
    });
    await post(`${server.url}/orders/batch`, {
      orders: Array.from({ length: 5 }, (_, order_id) => anOrder({ order_id })),
    });
    await untilMetrics(server.url, (now) => now.completed_orders === 5);
    await server.close();
    const both = ['Completed', 'Processing'];
    expect(commits).toEqual([
      Array(5).fill('Pending'),
      ['Processing'],
      both,
      both,
      both,
      both,
      ['Completed'],
    ]);
  });

  it('has no more ends than slots wait to be written, and goes on when they are, without the tick', async () => {
    const SLOTS = 2;
    const clock = new WatchedClock();
    const work = new TestWork(() => Promise.resolve());
    const server = await startApp({
      config: { PROCESSOR_CONCURRENCY: SLOTS },
      override: having(work, clock),
    });
    stopTicking(server.app);
    const change = (sql: string) => withFile(server.config.DATABASE_URL, (file) => file.exec(sql));
    change(`CREATE TRIGGER no_end BEFORE UPDATE OF status ON orders WHEN NEW.status = 'Completed'
      BEGIN SELECT RAISE(ABORT, 'not now'); END`);
    await post(`${server.url}/orders/batch`, {
      orders: Array.from({ length: 10 }, (_, order_id) => anOrder({ order_id })),
    });
    await until(async () => work.started.length >= 2 * SLOTS);
    const { waits } = clock;
    await until(async () => clock.waits > waits + 5 * 2 * SLOTS); // nobody gives up
    const started = work.started.length;
    change('DROP TRIGGER no_end');
    await untilMetrics(server.url, (now) => now.completed_orders === 10);
    await server.close();
    expect(started).toBe(2 * SLOTS);
    expect(work.started).toHaveLength(10); // each once
  });

  it('pauses while no order can be started, says so once, and goes on by itself', async () => {
    const clock = new WatchedClock();
    const server = await startApp({ override: having(undefined, clock) });
    stopTicking(server.app);
    const logged: string[] = [];
    const note = (line: unknown) => void logged.push(String(line));
    server.app.useLogger({ log: note, warn: note, error: note });
    const change = (sql: string) => withFile(server.config.DATABASE_URL, (file) => file.exec(sql));
    change(`CREATE TRIGGER no_start BEFORE UPDATE OF status ON orders WHEN NEW.status = 'Processing'
      BEGIN SELECT RAISE(ABORT, 'not now'); END`);
    await post(`${server.url}/orders`, anOrder({ order_id: 'delayed' }));
    await until(async () => clock.setMs.filter((ms) => ms === 250).length >= 4);
    const { turns } = clock;
    change('DROP TRIGGER no_start');
    await untilStatus(server.url, 'delayed', 'Completed');
    await server.close();
    expect(turns).toBeLessThan(40);
    expect(logged.filter((line) => line.includes('can be started'))).toEqual([
      expect.stringContaining('no orders can be started for now'),
      'orders can be started again',
    ]);
  });

  it('is waited for by a stop: what it was claiming is finished', async () => {
    const gate = new Gate();
    const server = await startApp({
      config: { SHUTDOWN_TIMEOUT_MS: HOUR_MS },
      override: having(new TestWork(gate.work)),
    });
    stopTicking(server.app);
    const [processor, queue] = [server.app.get(OrderProcessor), server.app.get(QueueService)];
    const asked = Promise.withResolvers<void>();
    const backlog = Promise.withResolvers<{ id: number; position: number }[]>();
    queue.open(
      (after) => {
        asked.resolve();
        return after === 0 ? backlog.promise : Promise.resolve([]);
      },
      () => processor.wake(),
    );
    queue.rewind();
    await asked.promise;
    await post(`${server.url}/orders`, anOrder({ order_id: 'claimed' }));
    let hasStopped = false;
    const stopped = processor.stop().then(() => (hasStopped = true));
    backlog.resolve([{ id: 1, position: 1 }]);
    await until(async () => gate.started.length === 1);
    expect(hasStopped).toBe(false);
    gate.open();
    await stopped;
    expect((await get(`${server.url}/orders/claimed`)).body.status).toBe('Completed');
    await server.close();
  });

  it('stops after the tick that is under way', async () => {
    const clock = new InterruptedClock();
    const server = await startApp({ override: having(undefined, clock) });
    stopTicking(server.app);
    withFile(server.config.DATABASE_URL, (file) =>
      file.exec(`INSERT INTO orders (seq, queue_seq, order_id, user_id, total_amount, item_ids, status, attempts, failures,
          not_before, created_at, updated_at)
        VALUES (1, 1, 'due', 'user-1', 100, '["a"]', 'Pending', 1, 1, 1000, 1000, 1000)`),
    );
    await until(async () => server.app.get(OrderProcessor).isIdle); // the next turn is the tick's
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    clock.interruptNext(() => {
      reached.resolve();
      return goOn.promise;
    });
    const schedule = server.app.get(ProcessingSchedule);
    const ticked = schedule.tick(); // writes that the order is due
    await reached.promise;
    let hasStopped = false;
    const stopped = schedule.beforeApplicationShutdown().then(() => (hasStopped = true));
    for (let asked = 0; asked < 3; asked++) await get(`${server.url}/health/live`);
    expect(hasStopped).toBe(false);
    goOn.resolve();
    await Promise.all([ticked, stopped]);
    await server.close();
  });

  it('tries a few times to write how an attempt ended when it stops, and leaves the order to the next start', async () => {
    const gate = new Gate();
    const signals: AbortSignal[] = [];
    const work = new TestWork(async (order, signal) => {
      signals.push(signal);
      if (order.orderId === 'unwritten') await gate.work(order);
    });
    const server = await startApp({ config: { SHUTDOWN_TIMEOUT_MS: 0 }, override: having(work) });
    await post(`${server.url}/orders`, anOrder({ order_id: 'done' }));
    await untilStatus(server.url, 'done', 'Completed');
    await post(`${server.url}/orders`, anOrder({ order_id: 'unwritten' }));
    await untilStatus(server.url, 'unwritten', 'Processing');
    withFile(server.config.DATABASE_URL, (file) =>
      file.exec(`CREATE TRIGGER no_end BEFORE UPDATE OF status ON orders WHEN OLD.status = 'Processing'
        BEGIN SELECT RAISE(ABORT, 'not now'); END`),
    );
    await server.app.get(ProcessingSchedule).beforeApplicationShutdown();
    expect((await get(`${server.url}/orders/unwritten`)).body.status).toBe('Processing');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]); // what is done is not aborted
    await server.close();
  });
});

(PLACES.postgres.isThere ? describe : describe.skip)('a worker on PostgreSQL', () => {
  it('looks less and less often at a line where it finds nothing, and often again when it found something', async () => {
    const { url: DATABASE_URL, remove } = await PLACES.postgres.create();
    const clock = new WatchedClock();
    const server = await startApp({ config: { DATABASE_URL }, override: having(undefined, clock) });
    const polls = () => clock.setMs.filter((ms) => [50, 100, 200, 400].includes(ms));
    await until(async () => polls().filter((ms) => ms === 400).length === 2);
    await post(`${server.url}/orders`, anOrder({ order_id: 'found' }));
    await untilStatus(server.url, 'found', 'Completed');
    await until(async () => polls().lastIndexOf(50) > polls().indexOf(400));
    await server.close();
    await remove();
    const pauses = polls();
    for (const [index, ms] of pauses.entries())
      expect([50, Math.min(2 * (pauses[index - 1] ?? 0), 400)]).toContain(ms);
  });
});

for (const place of [PLACES.file, PLACES.postgres])
  (place.isThere ? describe : describe.skip)(`an application on ${place.name} that was closed`, () => {
    it('has no timer left, also none for an order that failed while it stopped', async () => {
      const { url: DATABASE_URL, remove } = await place.create();
      const clock = new WatchedClock();
      const late = Promise.withResolvers<void>();
      const work = new TestWork(async ({ orderId }) => {
        if (orderId === 'late') await late.promise;
        throw new AttemptFailure('busy', 'not now', { retryAfterMs: HOUR_MS });
      });
      const server = await startApp({
        config: { DATABASE_URL, SHUTDOWN_TIMEOUT_MS: HOUR_MS - 1, ATTEMPT_TIMEOUT_MS: HOUR_MS - 2 },
        override: having(work, clock),
      });
      stopTicking(server.app);
      for (const order_id of ['early', 'late']) await post(`${server.url}/orders`, anOrder({ order_id }));
      await until(async () => clock.timersMs.includes(HOUR_MS)); // of the early one's back-off
      await untilStatus(server.url, 'late', 'Processing');
      const closed = server.close();
      await until(async () => clock.timersMs.includes(HOUR_MS - 1)); // it waits for the late one
      late.resolve();
      await closed;
      const { timersMs } = clock;
      await remove();
      expect(timersMs).toEqual([]);
    });
  });
