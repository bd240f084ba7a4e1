import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilMetrics, untilStatus } from '../support/client.js';
import { Gate, withWork } from '../support/work.js';

describe('an attempt that fails', () => {
  let server: RunningApp;
  /** How the work on an order goes, by its id. */
  let works: Record<string, (attempt: number) => unknown>;
  const create = (order_id: string) => post(`${server.url}/orders`, anOrder({ order_id }));
  const history = async (id: string) => (await get(`${server.url}/orders/${id}/history`)).body;
  beforeEach(async () => {
    works = {};
    server = await startApp({
      config: { RETRY_BACKOFF_MS: 1, MAX_ATTEMPTS: 3, PROCESSOR_CONCURRENCY: 2 },
      ...withWork(({ orderId, attempt }) => works[orderId]?.(attempt)),
    });
  });
  afterEach(() => server.close());

  it('is tried again until it succeeds, and the history tells why', async () => {
    works['flaky'] = (attempt) => {
      if (attempt < 3) throw new Error(`no luck in ${attempt}`);
    };
    await create('flaky');
    const order = await untilStatus(server.url, 'flaky', 'Completed');
    expect(order).toMatchObject({ attempts: 3, error: null });
    expect(await history('flaky')).toMatchObject([
      { from: null, to: 'Pending', attempt: 0, reason: null },
      { from: 'Pending', to: 'Processing', attempt: 1 },
      {
        from: 'Processing',
        to: 'Pending',
        attempt: 1,
        reason: 'handler_error: the work on the order failed',
      },
      { from: 'Pending', to: 'Processing', attempt: 2 },
      {
        from: 'Processing',
        to: 'Pending',
        attempt: 2,
        reason: 'handler_error: the work on the order failed',
      },
      { from: 'Pending', to: 'Processing', attempt: 3 },
      { from: 'Processing', to: 'Completed', attempt: 3, reason: null },
    ]);
  });

  it('fails the order at once when no further attempt would help', async () => {
    works['hopeless'] = () => {
      throw new PermanentFailure('card_expired', 'The card has expired.');
    };
    await create('hopeless');
    const order = await untilStatus(server.url, 'hopeless', 'Failed');
    expect(order).toMatchObject({
      attempts: 1,
      error: { code: 'card_expired', message: 'The card has expired.', attempt: 1 },
      completed_at: null,
    });
    expect((await history('hopeless')).at(-1)).toMatchObject({
      from: 'Processing',
      to: 'Failed',
      attempt: 1,
      reason: expect.stringContaining('The card has expired.'),
    });
  });

  it('fails the order when its attempts are used up', async () => {
    const attempts: number[] = [];
    works['broken'] = (attempt) => {
      attempts.push(attempt);
      throw new Error('still broken');
    };
    await create('broken');
    const order = await untilStatus(server.url, 'broken', 'Failed');
    expect(order).toMatchObject({ attempts: 3, error: { code: 'handler_error', attempt: 3 } });
    expect(attempts).toEqual([1, 2, 3]);
    expect((await get(`${server.url}/metrics`)).body).toMatchObject({ total_orders: 1, failed_orders: 1 });
  });

  it('can be retried by a person, with all attempts anew', async () => {
    works['mended'] = (attempt) => {
      if (attempt < 6) throw new Error('not yet');
    };
    await create('mended');
    await untilStatus(server.url, 'mended', 'Failed');
    const retried = await post(`${server.url}/orders/mended/retry`, {});
    expect(retried).toMatchObject({ status: 200, body: { order_id: 'mended', status: 'Pending' } });
    const order = await untilStatus(server.url, 'mended', 'Completed');
    expect(order).toMatchObject({ attempts: 6, error: null });
    expect(await history('mended')).toContainEqual(
      expect.objectContaining({ from: 'Failed', to: 'Pending', attempt: 3, reason: 'retried' }),
    );
    expect((await get(`${server.url}/metrics`)).body).toMatchObject({
      completed_orders: 1,
      failed_orders: 0,
    });
  });

  it('goes to the tail of the queue when a person retries it', async () => {
    const gate = new Gate();
    works['failed'] = (attempt) => {
      if (attempt === 1) throw new PermanentFailure('once', 'only once');
    };
    await create('failed');
    await untilStatus(server.url, 'failed', 'Failed');
    for (const id of ['a', 'b', 'c']) {
      works[id] = () => gate.work({ orderId: id, userId: '', itemIds: [], totalAmount: 0, attempt: 1 });
      await create(id);
    }
    await untilMetrics(server.url, (now) => now.processing_orders === 2);
    const retried = await post(`${server.url}/orders/failed/retry`, {});
    gate.open();
    await untilStatus(server.url, 'failed', 'Completed');
    expect(retried.body.queue_position).toBe(2);
  });

  it('does not hold up the others while it waits for its back-off', async () => {
    const slow = await startApp({
      config: { RETRY_BACKOFF_MS: 86_400_000, RETRY_BACKOFF_MAX_MS: 86_400_000, PROCESSOR_CONCURRENCY: 1 },
      ...withWork(({ orderId }) => {
        if (orderId === 'waits') throw new Error('later');
      }),
    });
    for (const order_id of ['waits', 'next', 'last']) await post(`${slow.url}/orders`, anOrder({ order_id }));
    await untilStatus(slow.url, 'last', 'Completed');
    const { body } = await get(`${slow.url}/orders/waits`);
    await slow.close();
    expect(body).toMatchObject({
      status: 'Pending',
      attempts: 1,
      error: { code: 'handler_error', attempt: 1 },
    });
  });
});
