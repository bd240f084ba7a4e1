import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilMetrics } from '../support/client.js';
import { EventClient } from '../support/event.client.js';

describe('POST /orders/erase', () => {
  let server: RunningApp;
  beforeEach(async () => (server = await startApp()));
  afterEach(() => server.close());

  it('takes a user out of orders, lists, exports and events', async () => {
    const client = await EventClient.open(`${server.url}/events`);
    for (const order_id of ['a', 'b']) await post(`${server.url}/orders`, anOrder({ order_id, user_id: 17 }));
    await post(`${server.url}/orders`, anOrder({ order_id: 'c' }));
    await untilMetrics(server.url, ({ completed_orders: completed }) => completed === 3);
    const [first] = await client.atLeast(9);
    client.close();
    expect(await post(`${server.url}/orders/erase`, { user_id: 17, limit: 1 })).toMatchObject({
      status: 200,
      body: { erased: 1, has_more: true, unfinished: 0 },
    });
    expect((await post(`${server.url}/orders/erase`, { user_id: 17 })).body).toEqual({
      erased: 1,
      has_more: false,
      unfinished: 0,
    });
    const { body } = await get(`${server.url}/orders/a`);
    expect(body).toMatchObject({
      order_id: 'a',
      user_id: expect.stringMatching(/^erased-/),
      status: 'Completed',
    });
    expect((await get(`${server.url}/orders?user_id=17`)).body.orders).toEqual([]);
    expect(await (await fetch(`${server.url}/orders/export`)).text()).not.toContain('"user_id":"17"');
    const again = await EventClient.open(`${server.url}/events`, first?.id);
    const told = await again.atLeast(8);
    again.close();
    expect(new Set(told.map(({ user_id }) => user_id.slice(0, 6)))).toEqual(new Set(['erased', 'user-1']));
    const repeat = await post(`${server.url}/orders`, anOrder({ order_id: 'a', user_id: 17 }));
    expect(repeat.status).toBe(409);
  });
});
