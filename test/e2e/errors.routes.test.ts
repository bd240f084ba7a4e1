import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, request, untilMetrics } from '../support/client.js';
import { expectProblem } from '../support/problem.js';

describe('a request that leads nowhere', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each([
    '/nothing',
    '/ord',
    '/orders/a/b/c',
    '/orders/a/status/x',
    '/metrics/x',
    '/%2e%2e/etc/passwd',
    '//',
  ])('is answered with 404: %s', async (path) => {
    expectProblem(await get(server.url + path), 404, new URL(server.url + path).pathname);
  });

  it.each([
    ['DELETE', '/orders', ['GET', 'POST']],
    ['PUT', '/orders/', ['GET', 'POST']],
    ['PATCH', '/order', ['GET', 'POST']],
    ['DELETE', '/orders/order-1', ['GET']],
    ['GET', '/orders/order-1/cancel', ['POST']],
    ['GET', '/order/order-1/retry/', ['POST']],
    ['POST', '/orders/order-1/history', ['GET']],
    ['DELETE', '/orders/export', ['GET']],
    ['PUT', '/orders/erase', ['GET', 'POST']],
    ['POST', '/metrics', ['GET']],
    ['DELETE', '/health/live', ['GET']],
    ['POST', '/health', ['GET']],
    ['DELETE', '/webhooks', ['GET', 'POST']],
    ['POST', '/webhooks/x', ['GET', 'PATCH', 'DELETE']],
    ['GET', '/webhooks/x/replay', ['POST']],
    ['DELETE', '/webhooks/x/deliveries', ['GET']],
  ])('is answered with 405: %s %s', async (method, path, allowed) => {
    const answer = await request(method, server.url + path);
    expectProblem(answer, 405, path);
    expect(new Set(answer.headers.get('allow')?.split(', '))).toEqual(new Set(allowed));
  });

  it.each(['/orders/%', '/orders/%zz', '/orders/%ff', '/orders/%ed%a0%80/status', '/order/%c3/history'])(
    'is answered with 400 when its path cannot be decoded: %s',
    async (path) => {
      expectProblem(await get(server.url + path), 400, path);
    },
  );

  it.each([
    '/orders/%00',
    '/orders/a%2fb',
    '/orders/%27%20OR%201=1--',
    `/orders/${'x'.repeat(5000)}`,
    '/orders/__proto__',
    '/webhooks/x',
    '/webhooks/x/deliveries',
  ])('is answered with 404 when no order can have its id: %s', async (path) => {
    expectProblem(await get(server.url + path), 404, path);
  });
});

describe('X-Request-Id', () => {
  let server: RunningApp;
  const idOf = async (id: string) =>
    (await get(`${server.url}/orders`, { 'x-request-id': id })).headers.get('x-request-id');
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each(['a', 'trace-01:ab.cd_EF', '0'.repeat(128), 'a1b2/c3+d4=='])(
    'is the caller’s when it is sane: %s',
    async (id) => {
      expect(await idOf(id)).toBe(id);
    },
  );

  it.each(['', 'two words', '0'.repeat(129), '<script>', '"quoted"', 'tab\there', 'é', '{"json":1}'])(
    'is made anew when it is not: %s',
    async (id) => {
      const made = await idOf(id);
      expect(made).not.toBe(id);
      expect(made).toMatch(/^[\w.:~+/=-]{1,128}$/);
    },
  );

  it('differs from request to request when it is made', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(`${server.url}/health/live`)));
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(100);
  });
});

describe('a body that is too large', () => {
  const million = JSON.stringify(
    anOrder({ item_ids: Array.from({ length: 1_000_000 }, () => 'item-123456') }),
  );

  it.each(['/orders', '/orders/batch'])('is refused at %s while other requests go on', async (path) => {
    const server = await startApp();
    const others = Array.from({ length: 50 }, () => post(`${server.url}/orders`, anOrder()));
    const [refused, ...accepted] = await Promise.all([post(server.url + path, million), ...others]);
    const metrics = await untilMetrics(server.url, (now) => now.completed_orders === 50);
    await server.close();
    expect(million.length).toBeGreaterThan(14_000_000);
    expectProblem(refused, 413, path);
    expect(accepted.map(({ status }) => status)).toEqual(accepted.map(() => 201));
    expect(metrics.total_orders).toBe(50);
  });

  it('is taken at the limit, and refused one byte beyond it', async () => {
    const server = await startApp({ config: { BODY_LIMIT_BYTES: 1024 } });
    const padded = (length: number) => JSON.stringify(anOrder()).padEnd(length, ' ');
    const [fits, over] = [
      await post(`${server.url}/orders`, padded(1024)),
      await post(`${server.url}/orders`, padded(1025)),
    ];
    await server.close();
    expect(fits.status).toBe(201);
    expectProblem(over, 413, '/orders');
  });
});
