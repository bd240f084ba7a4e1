import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, listAll, post } from '../support/client.js';
import { fileOf, readTable } from '../support/table.js';

/** An order's JSON with the amount written as given. */
const withAmount = (order_id: string, amount: string) =>
  JSON.stringify(anOrder({ order_id })).replace('29.99', amount);

describe('money', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each([
    ['0', '0', 0],
    ['-0', '0', 0],
    ['0.1', '0.1', 10],
    ['0.01', '0.01', 1],
    ['0.07', '0.07', 7],
    ['1.10', '1.1', 110],
    ['1.15', '1.15', 115],
    ['29.99', '29.99', 2999],
    ['100', '100', 10_000],
    ['1e2', '100', 10_000],
    ['4503599.63', '4503599.63', 450_359_963],
    ['999999999.99', '999999999.99', 99_999_999_999],
  ])('sent as %s is told as %s and kept as %i hundredths', async (sent, told, hundredths) => {
    const order_id = `a${sent}`;
    expect((await post(`${server.url}/orders`, withAmount(order_id, sent))).status).toBe(201);
    const text = await (await fetch(`${server.url}/orders/${order_id}`)).text();
    expect(/"total_amount":([^,}]*)/.exec(text)?.[1]).toBe(told);
    const file = fileOf(server.config.DATABASE_URL);
    const sql = `SELECT total_amount AS amount, typeof(total_amount) AS type FROM orders WHERE order_id = '${order_id}'`;
    expect(readTable(file, sql)).toEqual([{ amount: hundredths, type: 'integer' }]);
  });

  it.each(['1000000000', '999999999.991', '0.001', '1e-3', '29.990000001', '-0.01'])(
    'sent as %s is refused',
    async (amount) => {
      expect(await post(`${server.url}/orders`, withAmount('refused', amount))).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'total_amount' }] },
      });
      expect((await get(`${server.url}/orders/refused`)).status).toBe(404);
    },
  );

  it('is exact for every cent up to ten', async () => {
    const orders = Array.from({ length: 1000 }, (_, cents) =>
      anOrder({
        order_id: `c${cents}`,
        total_amount: Number(`${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`),
      }),
    );
    expect((await post(`${server.url}/orders/batch`, { orders })).body.accepted).toBe(1000);
    const told = new Map((await listAll(server.url)).map((order) => [order.order_id, order.total_amount]));
    for (const { order_id, total_amount } of orders) expect(told.get(order_id)).toBe(total_amount);
  });
});
