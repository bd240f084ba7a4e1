import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilStatus } from '../support/client.js';

const FIELDS = [
  'order_id',
  'user_id',
  'item_ids',
  'total_amount',
  'status',
  'attempts',
  'error',
  'created_at',
  'started_at',
  'completed_at',
  'updated_at',
];

describe.each([
  ['/orders', ''],
  ['/orders', '/'],
  ['/order', ''],
  ['/order', '/'],
])('the routes of an order under %s, ending in "%s"', (prefix, end) => {
  let server: RunningApp;
  const to = (path: string) => `${server.url}${prefix}${path}${end}`;
  beforeAll(async () => {
    server = await startApp();
    await post(to(''), anOrder({ order_id: 'done' }));
    await untilStatus(server.url, 'done', 'Completed');
  });
  afterAll(() => server.close());

  it('accept an order', async () => {
    const created = await post(to(''), anOrder({ order_id: 'created' }));
    expect(created).toMatchObject({ status: 201, body: { order_id: 'created' } });
    expect(created.headers.get('location')).toBe('/orders/created');
  });

  it('accept a batch', async () => {
    const { status, body } = await post(to('/batch'), { orders: [anOrder(), anOrder()] });
    expect([status, body.accepted]).toEqual([200, 2]);
  });

  it('list the orders', async () => {
    const { status, body } = await get(`${to('')}?status=Completed`);
    expect(status).toBe(200);
    expect(body.orders.at(-1)).toMatchObject({ order_id: 'done' });
  });

  it('show the whole order', async () => {
    const { status, body } = await get(to('/done'));
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(FIELDS);
    const times = [body.created_at, body.started_at, body.completed_at];
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(times.toSorted((a, b) => Date.parse(a) - Date.parse(b))).toEqual(times);
    expect(body.updated_at).toBe(body.completed_at);
  });

  it('show the status', async () => {
    expect(await get(to('/done/status'))).toMatchObject({
      status: 200,
      body: { order_id: 'done', status: 'Completed' },
    });
  });

  it('show the history', async () => {
    const { status, body } = await get(to('/done/history'));
    expect(status).toBe(200);
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(body).toEqual([
      { at, from: null, to: 'Pending', attempt: 0, reason: null },
      { at, from: 'Pending', to: 'Processing', attempt: 1, reason: null },
      { at, from: 'Processing', to: 'Completed', attempt: 1, reason: null },
    ]);
  });

  it('refuse to cancel or retry what is Completed, and say so', async () => {
    for (const action of ['cancel', 'retry'])
      expect(await post(to(`/done/${action}`))).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('Completed') },
      });
  });

  it.each(['', '/status', '/history'])('answer 404 to GET {id}%s of an unknown order', async (path) => {
    expect(await get(to(`/nobody${path}`))).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('nobody') },
    });
  });

  it.each(['cancel', 'retry'])('answer 404 to %s of an unknown order', async (action) => {
    expect(await post(to(`/nobody/${action}`))).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('nobody') },
    });
  });
});
