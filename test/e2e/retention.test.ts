import { OrderRetention } from '../../src/retention/order.retention.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, request, untilMetrics } from '../support/client.js';
import { EventClient } from '../support/event.client.js';
import { SteppingClock } from '../support/stepping.clock.js';
import { having } from '../support/test.work.js';

const DAY_MS = 86_400_000;

describe('with RETENTION_DAYS', () => {
  let file: ReturnType<typeof temporaryDatabase>;
  let server: RunningApp;
  let clock: SteppingClock;
  const clients: EventClient[] = [];

  /** Deletes what is due; two looks at the time, because the first one does not believe a clock that was set. */
  const prune = async () => {
    const retention = server.app.get(OrderRetention);
    return (await retention.prune()) + (await retention.prune());
  };
  const accept = async (...ids: string[]) => {
    const { body } = await get(`${server.url}/metrics`);
    for (const order_id of ids)
      expect((await post(`${server.url}/orders`, anOrder({ order_id }))).status).toBe(201);
    await untilMetrics(server.url, (now) => now.completed_orders === body.completed_orders + ids.length);
  };

  beforeEach(async () => {
    file = temporaryDatabase();
    clock = new SteppingClock();
    server = await startApp({
      config: { DATABASE_URL: file.url, RETENTION_DAYS: 2, WEBHOOK_TARGETS: 'any' },
      override: having(undefined, clock),
    });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.close();
    file.remove();
  });

  it('old orders are gone, the totals stay, and their ids may be used anew', async () => {
    await accept('a', 'b');
    clock.step(2 * DAY_MS);
    await accept('c');
    expect(await prune()).toBe(2);
    expect((await get(`${server.url}/orders/a`)).status).toBe(404);
    expect(
      (await get(`${server.url}/orders`)).body.orders.map(({ order_id }: { order_id: string }) => order_id),
    ).toEqual(['c']);
    expect((await get(`${server.url}/metrics`)).body).toMatchObject({
      total_orders: 3,
      stored_orders: 1,
      completed_orders: 3,
    });
    const text = await (await fetch(`${server.url}/metrics/prometheus`)).text();
    expect(text).toMatch(/^ordermill_orders_accepted_total 3$/m);
    expect(text).toMatch(/^ordermill_stored_orders 1$/m);
    expect(text).toMatch(/^ordermill_orders_deleted_total 2$/m);
    await accept('a');
    await server.app.close();
    await expectSound(file.file);
  });

  it('a client that resumes before what was deleted is told of the gap, once, and another is not', async () => {
    const client = await EventClient.open(`${server.url}/events`);
    clients.push(client);
    await accept('a', 'b');
    const ids = (await client.atLeast(6)).map(({ id }) => id);
    clock.step(2 * DAY_MS);
    await accept('c');
    expect(await prune()).toBe(2);
    const resumed = async (id: string | undefined) => {
      const again = await EventClient.open(`${server.url}/events`, id);
      clients.push(again);
      await again.atLeast(3);
      return again;
    };
    const late = await resumed(ids[1]);
    expect([late.gaps, late.told()]).toEqual([1, client.told('c')]);
    const onTime = await resumed(ids[5]);
    expect([onTime.gaps, onTime.told()]).toEqual([0, client.told('c')]);
  });

  it('orders stay for a week more for a webhook that was not told of them', async () => {
    const { body } = await post(`${server.url}/webhooks`, { url: 'http://127.0.0.1:9/' });
    const disabled = await fetch(`${server.url}/webhooks/${body.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"enabled": false}',
    });
    expect(disabled.status).toBe(200);
    await accept('a');
    clock.step(3 * DAY_MS);
    expect(await prune()).toBe(0);
    clock.step(6 * DAY_MS);
    expect(await prune()).toBe(1);
    await accept('b');
    await request('DELETE', `${server.url}/webhooks/${body.id}`);
    clock.step(2 * DAY_MS);
    expect(await prune()).toBe(1);
  });
});
