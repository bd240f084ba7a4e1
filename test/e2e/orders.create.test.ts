import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilStatus } from '../support/client.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('creating an order', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it('makes a UUIDv7 for an order without an id', async () => {
    const created = await post(`${server.url}/orders`, anOrder());
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      message: 'Order received',
      order_id: expect.stringMatching(UUID_V7),
      status: 'Pending',
    });
    expect(created.headers.get('location')).toBe(`/orders/${created.body.order_id}`);
    expect(await get(`${server.url}${created.headers.get('location')}`)).toMatchObject({ status: 200 });
  });

  it('takes every character an id may have', async () => {
    const order_id = `0aZ._:~-${'x'.repeat(120)}`;
    const created = await post(`${server.url}/orders`, anOrder({ order_id }));
    expect(created).toMatchObject({ status: 201, body: { order_id } });
    const found = await get(`${server.url}${created.headers.get('location')}`);
    expect(found).toMatchObject({ status: 200, body: { order_id } });
  });

  it('takes integer ids as their digits', async () => {
    const ids = { order_id: Number.MAX_SAFE_INTEGER, user_id: 0, item_ids: [1, 'two', 3] };
    const created = await post(`${server.url}/orders`, anOrder(ids));
    expect(created).toMatchObject({ status: 201, body: { order_id: '9007199254740991' } });
    const { body } = await get(`${server.url}/orders/9007199254740991`);
    expect(body).toMatchObject({ order_id: '9007199254740991', user_id: '0', item_ids: ['1', 'two', '3'] });
  });

  it('takes an integer id and its digits for the same order', async () => {
    await post(`${server.url}/orders`, anOrder({ order_id: 42 }));
    const again = await post(`${server.url}/orders`, anOrder({ order_id: '42' }));
    expect(again.status).toBe(200);
  });

  it('keeps text of any script as it is', async () => {
    const text = {
      user_id: '李 “Ø” 🧺'.normalize('NFD'),
      item_ids: ['🧺'.repeat(128), ' ', "'; DROP TABLE orders; --"],
    };
    await post(`${server.url}/orders`, anOrder({ order_id: 'script', ...text }));
    expect((await get(`${server.url}/orders/script`)).body).toMatchObject(text);
  });

  it('takes 1000 items', async () => {
    const item_ids = Array.from({ length: 1000 }, (_, index) => `item-${index}`);
    await post(`${server.url}/orders`, anOrder({ order_id: 'large', item_ids }));
    expect((await get(`${server.url}/orders/large`)).body.item_ids).toEqual(item_ids);
  });

  it('answers a repeat with the order as it is now', async () => {
    await post(`${server.url}/orders`, anOrder({ order_id: 'repeat' }));
    await untilStatus(server.url, 'repeat', 'Completed');
    const repeat = await post(`${server.url}/orders`, anOrder({ order_id: 'repeat' }));
    expect(repeat).toMatchObject({
      status: 200,
      body: { message: 'Order received', order_id: 'repeat', status: 'Completed' },
    });
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    expect(repeat.headers.get('location')).toBe('/orders/repeat');
    expect((await get(`${server.url}/orders/repeat/history`)).body).toHaveLength(3);
  });

  it.each([
    ['user', { user_id: 'another' }],
    ['items', { item_ids: ['item-1'] }],
    ['amount', { total_amount: 30 }],
  ])('refuses a known id with another %s, and leaves the order as it is', async (what, other) => {
    const order_id = `conflict-${what}`;
    const first = await post(`${server.url}/orders`, anOrder({ order_id }));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const second = await post(`${server.url}/orders`, anOrder({ order_id, ...other }));
    expect(second).toMatchObject({ status: 409, body: { detail: expect.stringContaining(order_id) } });
    expect((await get(`${server.url}/orders/${order_id}`)).body).toMatchObject(anOrder({ order_id }));
  });

  it('makes one order of a hundred that come at once with the same id', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => post(`${server.url}/orders`, anOrder({ order_id: 'at-once' }))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
  });
});
