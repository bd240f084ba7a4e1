import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';

describe('an order', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it('goes from Pending over Processing to Completed, and its history tells', async () => {
    const created = await post(`${server.url}/orders`, anOrder({ order_id: 'first' }));
    expect(created).toMatchObject({
      status: 201,
      body: { message: 'Order received', order_id: 'first', status: 'Pending' },
    });
    expect(created.headers.get('location')).toBe('/orders/first');

    const done = await until(
      () => get(`${server.url}/orders/first`),
      ({ body }) => body.status === 'Completed',
    );
    expect(done.body).toMatchObject({ ...anOrder(), order_id: 'first', attempts: 1, error: null });

    const history = await get(`${server.url}/orders/first/history`);
    expect(history.body.map(({ from, to }: { from: string; to: string }) => [from, to])).toEqual([
      [null, 'Pending'],
      ['Pending', 'Processing'],
      ['Processing', 'Completed'],
    ]);
  });
});
