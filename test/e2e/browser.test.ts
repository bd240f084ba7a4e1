import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post } from '../support/client.js';
import type { Problem } from '../../src/http/problem.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

/** With headers that `fetch` does not let through. */
async function ask(method: string, url: string, headers: Record<string, string>, body?: string) {
  const asking = send(url, { method, headers, agent: false }).end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: (await json(answer)) as Problem };
}

describe('a browser on a page of another site', () => {
  let server: RunningApp;
  let host: string;
  beforeAll(async () => {
    server = await startApp({ config: { PROCESSING_TIME_MS: 600_000, PROCESSOR_CONCURRENCY: 1 } });
    host = new URL(server.url).host;
    for (const order_id of ['first', 'mine']) await post(`${server.url}/orders`, anOrder({ order_id }));
  });
  afterAll(() => server.close());

  const CROSS = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'what comes next' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];

  it.each(CROSS)('cannot change anything: %j', async (headers) => {
    for (const path of [
      '/orders/mine/cancel',
      '/order/mine/retry',
      '/orders',
      '/orders/batch',
      '/orders/retry',
    ])
      for (const type of [{}, JSON_TYPE, FORM_TYPE]) {
        const body = 'content-type' in type ? JSON.stringify(anOrder({ order_id: 'theirs' })) : undefined;
        const answer = await ask('POST', server.url + path, { ...headers, ...type }, body);
        expect([path, answer.status]).toEqual([path, 403]);
        expect(answer.headers['content-type']).toBe('application/problem+json');
      }
    expect((await get(`${server.url}/orders/mine/status`)).body.status).toBe('Pending');
    expect((await get(`${server.url}/orders/theirs`)).status).toBe(404);
  });

  it.each(CROSS)('may follow a link: %j', async (headers) => {
    expect((await ask('GET', `${server.url}/orders/mine`, headers)).status).toBe(200);
  });

  it('does not stand in the way of pages of this server, of its user, and of clients that are no browsers', async () => {
    const body = JSON.stringify(anOrder());
    for (const headers of [
      { 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
      { 'sec-fetch-site': 'none' },
      { origin: `http://${host}` },
      { origin: 'https://orders.example', 'x-forwarded-host': 'orders.example' },
      {},
    ])
      expect((await ask('POST', `${server.url}/orders`, { ...JSON_TYPE, ...headers }, body)).status).toBe(
        201,
      );
  });
});

describe('ALLOWED_HOSTS', () => {
  let server: RunningApp;
  const as = (host: string, path = '/orders') => ask('GET', server.url + path, { host });
  beforeAll(
    async () => (server = await startApp({ config: { ALLOWED_HOSTS: 'orders.example, 127.0.0.1,[::1]' } })),
  );
  afterAll(() => server.close());

  it.each(['orders.example', 'Orders.Example:8000', '127.0.0.1', '127.0.0.1:80', '[::1]:8000'])(
    'lets %s through',
    async (host) => expect((await as(host)).status).toBe(200),
  );

  it.each([
    'evil.example',
    'orders.example.evil.example',
    '10.0.0.1',
    '127.0.0.1.evil.example:8000',
    '[::2]',
  ])('answers "%s" with 421', async (host) => {
    expect(await as(host)).toMatchObject({ status: 421, body: { status: 421, instance: '/orders' } });
    expect((await as(host, '/health/live')).status).toBe(200);
  });
});

describe('a server on this machine, without ALLOWED_HOSTS', () => {
  const KEY = `om_aaaaaaaa_${'k'.repeat(43)}`;
  const NAMES = ['localhost', 'LOCALHOST:8000', '127.0.0.1:1', '127.8.8.8', '[::1]:8000'];

  it('answers by names of this machine only, while it is open: a page could reach it by another (DNS rebinding)', async () => {
    const server = await startApp();
    const statusAs = async (host: string, path = '/orders') =>
      (await ask('GET', server.url + path, { host })).status;
    for (const host of NAMES) expect([host, await statusAs(host)]).toEqual([host, 200]);
    for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.1', 'localhost.evil.example'])
      expect([host, await statusAs(host), await statusAs(host, '/health/ready')]).toEqual([host, 421, 200]);
    await server.close();
  });

  it('answers by any name when it has a key, or when other machines reach it', async () => {
    for (const config of [{ API_KEYS: KEY }, { HOST: '0.0.0.0', ALLOW_OPEN: 'true' }]) {
      const server = await startApp({ config });
      const url = server.url.replace('0.0.0.0', '127.0.0.1');
      const headers = { host: 'orders.example', authorization: `Bearer ${KEY}` };
      expect((await ask('GET', `${url}/orders`, headers)).status).toBe(200);
      await server.close();
    }
  });
});

describe('CORS_ORIGINS', () => {
  const SHOP = 'https://shop.example';
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/orders`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const allowed = ({ headers }: { headers: Headers }) => headers.get('access-control-allow-origin');

  it('is empty: no page elsewhere is told that it may read anything', async () => {
    const server = await startApp();
    expect(allowed(await get(`${server.url}/orders`, { origin: SHOP }))).toBeNull();
    const answer = await preflight(server.url, SHOP);
    expect([answer.status >= 400, allowed(answer)]).toEqual([true, null]);
    await server.close();
  });

  it('lets the pages of these origins call the API, and no other', async () => {
    const server = await startApp({ config: { CORS_ORIGINS: `${SHOP},http://localhost:3000` } });
    const answer = await preflight(server.url, SHOP);
    expect([answer.status, allowed(answer)]).toEqual([204, SHOP]);
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(allowed(await preflight(server.url, 'https://evil.example'))).toBeNull();
    const read = await get(`${server.url}/orders`, { origin: 'http://localhost:3000' });
    expect(allowed(read)).toBe('http://localhost:3000');
    expect(read.headers.get('access-control-expose-headers')).toContain('Retry-After');
    expect(read.headers.get('vary')).toMatch(/origin/i);
    const body = JSON.stringify(anOrder());
    const write = (origin: string) =>
      ask('POST', `${server.url}/orders`, { ...JSON_TYPE, origin, 'sec-fetch-site': 'cross-site' }, body);
    expect((await write(SHOP)).status).toBe(201);
    expect((await write('https://evil.example')).status).toBe(403);
    expect((await write('https://shop.example.evil.example')).status).toBe(403);
    await server.close();
  });
});

describe('the headers of an answer', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each([
    '/orders',
    '/metrics',
    '/nothing',
    '/health/live',
    '/openapi.json',
    '/orders/%ff',
    '/orders?limit=x',
  ])('keep %s from being guessed to be a page, or shown in one', async (path) => {
    const { headers } = await get(server.url + path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    for (const name of ['x-powered-by', 'server']) expect(headers.get(name)).toBeNull();
  });

  it('let a page load what this server has, and nothing else', async () => {
    for (const path of ['/docs', '/docs/', '/docs/swagger-ui-init.js']) {
      const response = await fetch(server.url + path);
      await response.arrayBuffer();
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-eval|\*|https?:/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('x-frame-options')).toBe('DENY');
    }
  });
});
