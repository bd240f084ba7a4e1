import { Clock } from '../../src/common/clock.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilStatus, type Answer } from '../support/client.js';
import { Gate, withWork } from '../support/work.js';

const MORNING = Date.parse('2026-01-31T08:00:00.000Z');
const MINUTE = 60_000;

describe('the list of orders', () => {
  let server: RunningApp;
  const gate = new Gate();
  const clock = Object.assign(new Clock(), { now: () => MORNING });
  const list = (query: string) => get(`${server.url}/orders?${query}`);
  const ids = ({ body }: Answer) => body.orders.map((order: { order_id: string }) => order.order_id);

  /** Orders 0 to 9, a minute apart; 0 is being processed, 3 and 4 are cancelled; the even ones are Ann's. */
  beforeAll(async () => {
    const { override } = withWork(gate.work);
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1 },
      override: (builder) => override(builder).overrideProvider(Clock).useValue(clock),
    });
    for (let order_id = 0; order_id < 10; order_id++) {
      clock.now = () => MORNING + order_id * MINUTE;
      const user_id = order_id % 2 === 0 ? 'Ann & Co.' : 7;
      await post(`${server.url}/orders`, anOrder({ order_id, user_id }));
    }
    await untilStatus(server.url, '0', 'Processing');
    for (const id of [3, 4]) await post(`${server.url}/orders/${id}/cancel`, {});
  });
  afterAll(async () => {
    gate.open();
    await server.close();
  });

  it('shows the newest first, each as GET /orders/{id} shows it', async () => {
    const { status, body } = await get(`${server.url}/orders`);
    expect(status).toBe(200);
    expect(ids({ body } as Answer)).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1', '0']);
    expect(body.next_cursor).toBeNull();
    for (const order of body.orders)
      expect((await get(`${server.url}/orders/${order.order_id}`)).body).toMatchObject(order);
  });

  it.each([
    ['status=Processing', ['0']],
    ['status=Cancelled', ['4', '3']],
    ['status=Failed', []],
    ['user_id=7', ['9', '7', '5', '3', '1']],
    ['user_id=Ann+%26+Co.', ['8', '6', '4', '2', '0']],
    ['user_id=nobody', []],
    ['user_id=7&status=Pending', ['9', '7', '5', '1']],
    ['created_from=2026-01-31T08:07:00.000Z', ['9', '8', '7']],
    ['created_from=2026-01-31T08:07:00.001Z', ['9', '8']],
    ['created_to=2026-01-31T08:01:00Z', ['1', '0']],
    ['created_to=2026-01-31T08:00:59.999Z', ['0']],
    ['created_from=2026-01-31T10:05:00%2B02:00&created_to=2026-01-31T03:06:00-05:00', ['6', '5']],
    ['created_from=2027-01-01T00:00:00Z', []],
    ['created_to=2025-01-01T00:00:00Z', []],
    ['created_from=2026-01-31T08:02:00Z&created_to=2026-01-31T08:06:00Z&status=Pending&user_id=7', ['5']],
    ['limit=1', ['9']],
    ['limit=3&status=Pending', ['9', '8', '7']],
  ])('is narrowed by %s', async (query, expected) => {
    const answer = await list(query);
    expect(answer.status).toBe(200);
    expect(ids(answer)).toEqual(expected);
  });

  it.each([
    ['limit', 'limit=0'],
    ['limit', 'limit=201'],
    ['limit', 'limit=-1'],
    ['limit', 'limit=1.5'],
    ['limit', 'limit=many'],
    ['limit', 'limit='],
    ['limit', 'limit=1&limit=2'],
    ['status', 'status=pending'],
    ['status', 'status='],
    ['user_id', 'user_id='],
    ['user_id', `user_id=${'u'.repeat(129)}`],
    ['created_from', 'created_from=yesterday'],
    ['created_from', 'created_from=2026-01-31'],
    ['created_from', 'created_from=2026-01-31T08:00:00'],
    ['created_from', 'created_from=2026-02-30T08:00:00Z'],
    ['created_to', 'created_to=2026-13-01T08:00:00Z'],
    ['cursor', 'cursor=nonsense'],
    ['cursor', 'cursor='],
    ['cursor', 'cursor=1'],
    ['cursor', 'cursor=%00'],
    ['cursor', `cursor=${'A'.repeat(1000)}`],
    ['page', 'page=2'],
    ['__proto__', '__proto__=1'],
  ])('refuses %s in ?%s', async (field, query) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  it('names every wrong parameter at once', async () => {
    const { body } = await list('limit=0&status=x&page=2');
    const fields = body.errors.map((error: { field: string }) => error.field);
    expect(fields.toSorted((a: string, b: string) => a.localeCompare(b))).toEqual([
      'limit',
      'page',
      'status',
    ]);
  });
});

describe('the pages of the list', () => {
  let server: RunningApp;
  const create = (prefix: string, count: number) =>
    post(`${server.url}/orders/batch`, {
      orders: Array.from({ length: count }, (_, index) => anOrder({ order_id: `${prefix}-${index}` })),
    });
  beforeAll(async () => {
    server = await startApp();
    await create('old', 203);
  });
  afterAll(() => server.close());

  it('have 50 orders, or as many as asked for', async () => {
    for (const [query, length] of [
      ['', 50],
      ['?limit=1', 1],
      ['?limit=200', 200],
    ] as const)
      expect((await get(`${server.url}/orders${query}`)).body.orders).toHaveLength(length);
  });

  it('show every order once while new ones arrive', async () => {
    const seen: string[] = [];
    let query = '';
    for (let page = 0; ; page++) {
      const { body } = await get(`${server.url}/orders?limit=29${query}`);
      seen.push(...body.orders.map((order: { order_id: string }) => order.order_id));
      if (!body.next_cursor) break;
      query = `&cursor=${encodeURIComponent(body.next_cursor)}`;
      await create(`new-${page}`, 5);
    }
    expect(seen).toEqual(Array.from({ length: 203 }, (_, index) => `old-${202 - index}`));
  });

  it('end after a mebibyte of items, and show every large order once', async () => {
    const user_id = 'wholesaler';
    const item_ids = Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(128, 'é'));
    const ids = Array.from({ length: 9 }, (_, index) => `large-${index}`);
    for (const order_id of ids) await post(`${server.url}/orders`, anOrder({ order_id, user_id, item_ids }));
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await get(`${server.url}/orders?user_id=${user_id}&limit=200${cursor}`);
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(1_100_000);
      seen.push(...body.orders.map((order: { order_id: string }) => order.order_id));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : '';
    } while (cursor);
    expect(seen).toEqual(ids.toReversed());
  });
});
