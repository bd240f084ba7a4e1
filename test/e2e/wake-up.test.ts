import { EventEmitter2 } from '@nestjs/event-emitter';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ORDERS_TRANSITIONED } from '../../src/domain/order.events.js';
import { OrdersReader } from '../../src/orders/store/orders.reader.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { OrderProcessor } from '../../src/processing/order.processor.js';
import { QueueService } from '../../src/queue/queue.service.js';
import { startApp } from '../support/app.js';
import { untilStatus } from '../support/client.js';
import { aRequest } from '../support/store.js';

/** More steps than the loop takes between its last look at the queue and its end. */
const STEPS = 40;

describe('an order that is enqueued while the loop comes to its end', () => {
  it('is started, whatever step the loop is at, without the tick', async () => {
    const server = await startApp();
    const registry = server.app.get(SchedulerRegistry);
    for (const name of registry.getIntervals()) registry.deleteInterval(name);
    const [queue, store] = [server.app.get(QueueService), server.app.get(OrdersStore)];
    const [processor, reader] = [server.app.get(OrderProcessor), server.app.get(OrdersReader)];
    server.app.get(EventEmitter2).removeAllListeners(ORDERS_TRANSITIONED); // this test enqueues
    /** The order that is committed just after the next reading of the queue. */
    let late: { seq: number; enqueue: () => void } | undefined;
    queue.open(
      async (after, limit) => {
        const line = await reader.pendingAfter(after, limit);
        const seen = line.filter(({ seq }) => seq !== late?.seq);
        late?.enqueue();
        late = undefined;
        return seen.map(({ seq, queueSeq }) => ({ id: seq, position: queueSeq }));
      },
      () => processor.wake(),
    );
    for (let steps = 0; steps < STEPS; steps++) {
      const orderId = `after-${steps}`;
      const { seq } = await store.insert(aRequest({ orderId }));
      late = {
        seq,
        enqueue: () => void stepsLater(steps, () => queue.enqueue([{ id: seq, position: seq }])),
      };
      queue.rewind();
      await untilStatus(server.url, orderId, 'Completed');
    }
    await server.close();
  });
});

async function stepsLater(steps: number, act: () => void): Promise<void> {
  for (let step = 0; step < steps; step++) await Promise.resolve();
  act();
}
