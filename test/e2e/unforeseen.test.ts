import { PLACES } from '../support/any.database.js';
import { startApp } from '../support/app.js';
import { anOrder, get, post } from '../support/client.js';
import { expectProblem } from '../support/problem.js';
import { refuseUnlucky } from '../support/unlucky.js';

const UNKNOWN =
  'Something went wrong here, and what became of the request is not known. It does no harm to repeat it with the same order_id or Idempotency-Key.';

describe.each(Object.values(PLACES))('an error that nobody foresaw, on $name', (place) => {
  (place.isThere ? it : it.skip)('is told of its own order, logged, and harms no other', async () => {
    const database = await place.create();
    const server = await startApp({ config: { DATABASE_URL: database.url } });
    await refuseUnlucky(database.url);
    const logged: string[] = [];
    const note = (line: unknown) => void logged.push(String(line));
    server.app.useLogger({ log: note, warn: note, error: note, fatal: note });
    try {
      const { status, body } = await post(`${server.url}/orders/batch`, {
        orders: [
          anOrder({ order_id: 'one' }),
          anOrder({ order_id: 'two', user_id: 'unlucky' }),
          anOrder({ order_id: 'three' }),
        ],
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ accepted: 2, replayed: 0, rejected: 1 });
      expect(body.results).toMatchObject([
        { index: 0, order_id: 'one', status_code: 201 },
        { index: 1, order_id: 'two', status_code: 500, message: UNKNOWN },
        { index: 2, order_id: 'three', status_code: 201 },
      ]);
      expect(logged.filter((line) => line.includes('nobody foresaw this'))).toHaveLength(1);
      const alone = await post(`${server.url}/orders`, anOrder({ user_id: 'unlucky' }));
      expectProblem(alone, 500, '/orders');
      expect(alone.body.detail).toBe(UNKNOWN);
      for (const [id, found] of [
        ['one', 200],
        ['two', 404],
        ['three', 200],
      ])
        expect((await get(`${server.url}/orders/${id}`)).status).toBe(found);
    } finally {
      await server.close();
      await database.remove();
    }
  });
});

describe.each(Object.values(PLACES))('an id that no order and no user can have, on $name', (place) => {
  const ODD = ['%00', 'a%00b', '%c2%80', '-a', 'a%20b', '%f0%9f%98%80', 'x'.repeat(129)];

  (place.isThere ? it : it.skip)('is 404 in a URL and 400 in a filter, without a statement', async () => {
    const database = await place.create();
    const server = await startApp({ config: { DATABASE_URL: database.url } });
    const answers = [];
    try {
      for (const id of ODD) {
        for (const path of [`/orders/${id}`, `/orders/${id}/status`, `/orders/${id}/history`])
          answers.push([path, (await get(server.url + path)).status]);
        for (const path of [`/orders/${id}/cancel`, `/order/${id}/retry/`])
          answers.push([path, (await post(server.url + path)).status]);
      }
      expect(answers.filter(([, status]) => status !== 404)).toEqual([]);
      for (const id of ['%00', 'a%00b', '%c2%80', '', 'x'.repeat(129)]) {
        expectProblem(await get(`${server.url}/orders?user_id=${id}`), 400, '/orders');
        const user_id = decodeURIComponent(id);
        expectProblem(await post(`${server.url}/orders/retry`, { user_id }), 400, '/orders/retry');
      }
      expectProblem(await post(`${server.url}/orders/retry`, { user_id: '\ud800' }), 400, '/orders/retry');
      expect((await get(`${server.url}/orders?user_id=${'%F0%9F%98%80'.repeat(128)}`)).status).toBe(200);
      expect((await post(`${server.url}/orders/retry`, { user_id: 7 })).body).toEqual({
        retried: 0,
        has_more: false,
      });
    } finally {
      await server.close();
      await database.remove();
    }
  });
});
