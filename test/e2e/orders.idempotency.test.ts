import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post } from '../support/client.js';

describe('an Idempotency-Key', () => {
  let server: RunningApp;
  const send = (key: string, fields = {}) =>
    post(`${server.url}/orders`, anOrder(fields), { 'idempotency-key': key });
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it('brings a repeat to the same order', async () => {
    const first = await send('key-1');
    const second = await send('key-1');
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second).toMatchObject({ status: 200, body: { order_id: first.body.order_id } });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(`/orders/${first.body.order_id}`);
  });

  it('is refused with other content, and changes nothing', async () => {
    const first = await send('key-2');
    expect(await send('key-2', { total_amount: 1 })).toMatchObject({ status: 422 });
    expect(await send('key-2', { order_id: 'another' })).toMatchObject({ status: 422 });
    expect((await get(`${server.url}/orders/${first.body.order_id}`)).body).toMatchObject(anOrder());
    expect((await get(`${server.url}/orders/another`)).status).toBe(404);
  });

  it('works beside an id of the client', async () => {
    expect((await send('key-3', { order_id: 'mine' })).status).toBe(201);
    expect((await send('key-3', { order_id: 'mine' })).status).toBe(200);
    expect((await post(`${server.url}/orders`, anOrder({ order_id: 'mine' }))).status).toBe(200);
  });

  it('makes one order of twenty requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send('key-4')));
    expect(new Set(answers.map(({ body }) => body.order_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
  });

  it('may be 255 characters long', async () => {
    expect((await send('~'.repeat(255))).status).toBe(201);
  });

  it.each([
    ['empty', ''],
    ['256 characters long', 'k'.repeat(256)],
    ['of two words', 'two words'],
    ['not ASCII', 'clé'],
  ])('is refused when it is %s', async (_, key) => {
    const before = (await get(`${server.url}/metrics`)).body.total_orders;
    expect(await send(key)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'Idempotency-Key', message: expect.any(String) }] },
    });
    expect((await get(`${server.url}/metrics`)).body.total_orders).toBe(before);
  });
});
