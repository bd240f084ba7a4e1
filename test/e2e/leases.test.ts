import type { INestApplication } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '../../src/database/database.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { OrderProcessor } from '../../src/processing/order.processor.js';
import { ProcessingSchedule } from '../../src/processing/processing.schedule.js';
import { PLACES } from '../support/any.database.js';
import { startApp } from '../support/app.js';
import { anOrder, get, post, until, untilStatus } from '../support/client.js';
import { InterruptedClock } from '../support/interrupted.clock.js';
import { aRequest } from '../support/store.js';
import { having, TestWork } from '../support/test.work.js';
import { Gate, withWork } from '../support/work.js';

const HOUR_MS = 3_600_000;

function stopTicking(app: INestApplication): void {
  const registry = app.get(SchedulerRegistry);
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
}

for (const place of [PLACES.postgres, PLACES.mysql])
  (place.isThere ? describe : describe.skip)(`an attempt on ${place.name}`, () => {
    let database: Awaited<ReturnType<typeof place.create>>;
    beforeEach(async () => (database = await place.create()));
    afterEach(() => database.remove());

    it('is kept by its process for as long as it lasts', async () => {
      const gate = new Gate();
      const config = { DATABASE_URL: database.url, LEASE_MS: 1500 };
      const server = await startApp({ config, ...withWork(gate.work) });
      await post(`${server.url}/orders`, anOrder({ order_id: 'long' }));
      await untilStatus(server.url, 'long', 'Processing');
      const lease = async () => {
        const [row] = await server.app
          .get(Database)
          .read<{ until: number }>('SELECT lease_until AS until FROM orders');
        return Number(row?.until);
      };
      const first = await lease();
      const other = await startApp({ config, ...withWork(gate.work) });
      await until(lease, (now) => now > first + config.LEASE_MS);
      await other.app.get(ProcessingSchedule).tick();
      gate.open();
      const order = await untilStatus(server.url, 'long', 'Completed');
      await other.close();
      await server.close();
      expect(order.attempts).toBe(1);
      expect(gate.started).toEqual(['long']);
    });

    it('is taken back when its lease has ended, but not when that was renewed since it was read', async () => {
      const [gate, clock] = [new Gate(), new InterruptedClock()];
      const config = { DATABASE_URL: database.url, LEASE_MS: HOUR_MS, PROCESSOR_CONCURRENCY: 1 };
      const api = await startApp({ config: { ...config, ROLE: 'api' } });
      const store = api.app.get(OrdersStore);
      const { seq } = await store.insert(aRequest({ orderId: 'left' }));
      const at = Date.now();
      await store.transition({
        seq,
        from: 'Pending',
        to: 'Processing',
        at,
        owner: 'other',
        leaseMs: HOUR_MS,
      });
      const leaseEndsIn = (ms: number) =>
        api.app
          .get(Database)
          .write(`UPDATE orders SET lease_until = ${Date.now() + ms} WHERE owner = 'other'`);

      const worker = await startApp({ config, override: having(new TestWork(gate.work), clock) });
      stopTicking(worker.app);
      const tick = () => worker.app.get(ProcessingSchedule).tick();
      await post(`${api.url}/orders`, anOrder({ order_id: 'busy' }));
      await untilStatus(api.url, 'busy', 'Processing'); // no slot is free: the worker looks for nothing else
      await leaseEndsIn(-HOUR_MS);
      await api.app.get(ProcessingSchedule).tick(); // who only accepts takes nothing back
      const renewed = new Promise<void>((resolve, reject) =>
        clock.interruptNext(() => leaseEndsIn(HOUR_MS).then(() => resolve(), reject)),
      );
      await tick();
      await renewed;
      const kept = await get(`${api.url}/orders/left`);
      await leaseEndsIn(-HOUR_MS);
      await tick();
      const { body } = await get(`${api.url}/orders/left`);
      gate.open();
      await untilStatus(api.url, 'left', 'Completed');
      const { claimed } = api.app.get(OrderProcessor);
      await worker.close();
      await api.close();
      expect(kept.body.status).toBe('Processing');
      expect(body.status).toBe('Pending');
      expect(claimed).toBe(0);
    });
  });
