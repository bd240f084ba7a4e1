import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilMetrics } from '../support/client.js';

describe('a batch of orders', () => {
  let server: RunningApp;
  const send = (orders: unknown) => post(`${server.url}/orders/batch`, { orders });
  beforeEach(async () => (server = await startApp()));
  afterEach(() => server.close());

  it('judges each order alone, and stores the good ones', async () => {
    await post(`${server.url}/orders`, anOrder({ order_id: 'known' }));
    const { status, body } = await send([
      anOrder({ order_id: 'new' }),
      anOrder({ order_id: 'bad', total_amount: -1, user_id: '' }),
      anOrder({ order_id: 'known' }),
      anOrder({ order_id: 'known', total_amount: 1 }),
      anOrder({ order_id: 'new' }),
      anOrder({ order_id: 'new', user_id: 'another' }),
      'text',
      null,
      anOrder({ order_id: 7 }),
      anOrder(),
    ]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 3, replayed: 2, rejected: 5 });
    const told = body.results.map((result: Record<string, unknown>) => [
      result['index'],
      result['order_id'],
      result['status_code'],
    ]);
    expect(told).toEqual([
      [0, 'new', 201],
      [1, 'bad', 400],
      [2, 'known', 200],
      [3, 'known', 409],
      [4, 'new', 200],
      [5, 'new', 409],
      [6, null, 400],
      [7, null, 400],
      [8, '7', 201],
      [9, expect.any(String), 201],
    ]);
    expect(body.results[1].errors.map(({ field }: { field: string }) => field)).toEqual([
      'user_id',
      'total_amount',
    ]);
    const metrics = await untilMetrics(server.url, (metrics) => metrics.completed_orders === 4);
    expect(metrics.total_orders).toBe(4);
    expect((await get(`${server.url}/orders/new`)).body).toMatchObject(anOrder());
    expect((await get(`${server.url}/orders/bad`)).status).toBe(404);
  });

  it('takes 1000 orders, and a repeat of all of them', async () => {
    const orders = Array.from({ length: 1000 }, (_, index) => anOrder({ order_id: index }));
    expect((await send(orders)).body).toMatchObject({ accepted: 1000, replayed: 0, rejected: 0 });
    expect((await send(orders)).body).toMatchObject({ accepted: 0, replayed: 1000, rejected: 0 });
    const metrics = await untilMetrics(server.url, (metrics) => metrics.completed_orders === 1000);
    expect(metrics.total_orders).toBe(1000);
  });

  it('reports on 1000 orders none of which is valid', async () => {
    const { status, body } = await send(Array.from({ length: 1000 }, () => ({})));
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 0, replayed: 0, rejected: 1000 });
    for (const result of body.results) expect(result.errors.length).toBeGreaterThan(0);
  });

  it.each([
    ['1001 orders', { orders: Array.from({ length: 1001 }, () => anOrder()) }, 'orders'],
    ['no order', { orders: [] }, 'orders'],
    ['no list', {}, 'orders'],
    ['an object for a list', { orders: { 0: anOrder() } }, 'orders'],
    ['a field it does not know', { orders: [anOrder()], order: [] }, 'order'],
    ['a bare list', [anOrder()], ''],
  ])('is refused as a whole with %s', async (_, body, field) => {
    expect(await post(`${server.url}/orders/batch`, body)).toMatchObject({
      status: 400,
      body: { errors: [{ field }] },
    });
    expect((await get(`${server.url}/metrics`)).body.total_orders).toBe(0);
  });
});
