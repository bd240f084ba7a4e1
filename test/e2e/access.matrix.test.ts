import { SCOPES, type Scope } from '../../src/http/access/scopes.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { createKey, idOf, withKey, withKeys } from '../support/keys.js';
import { operationsOf, type OpenApi } from '../support/openapi.js';

/** What needs no key. */
const PUBLIC = ['getHealth', 'getLiveness', 'getReadiness'];

/** The scope of every other operation: written down a second time, so that no change of it goes unnoticed. */
const SCOPE_OF: Record<string, Scope> = {
  createOrder: 'orders:write',
  createOrderBatch: 'orders:write',
  retryOrders: 'orders:admin',
  eraseOrders: 'orders:admin',
  exportOrders: 'orders:read',
  streamEvents: 'orders:read',
  listOrders: 'orders:read',
  getOrder: 'orders:read',
  getOrderStatus: 'orders:read',
  getOrderHistory: 'orders:read',
  cancelOrder: 'orders:admin',
  retryOrder: 'orders:admin',
  createWebhook: 'orders:admin',
  listWebhooks: 'orders:admin',
  getWebhook: 'orders:admin',
  changeWebhook: 'orders:admin',
  deleteWebhook: 'orders:admin',
  rotateWebhookSecret: 'orders:admin',
  listWebhookDeliveries: 'orders:admin',
  replayWebhookDeliveries: 'orders:admin',
  replayWebhookDelivery: 'orders:admin',
  getMetrics: 'metrics:read',
  streamMetrics: 'metrics:read',
  getPrometheusMetrics: 'metrics:read',
};

describe('every route', () => {
  let server: RunningApp;
  let document: OpenApi;
  const keys = new Map<string, string>();

  /** The status of the answer, whose body may be a stream without an end. */
  const ask = async (method: string, path: string, headers: Record<string, string>): Promise<number> => {
    const stop = new AbortController();
    const isWriting = method !== 'get';
    const answer = await fetch(server.url + path.replaceAll(/\{\w+\}/g, 'order-1'), {
      method: method.toUpperCase(),
      headers: { ...headers, ...(isWriting && { 'content-type': 'application/json' }) },
      ...(isWriting && { body: '{}' }),
      signal: stop.signal,
    });
    stop.abort();
    return answer.status;
  };

  beforeAll(async () => {
    server = await startApp();
    await post(`${server.url}/orders`, anOrder({ order_id: 'order-1' }));
    document = (await get(`${server.url}/openapi.json`)).body;
    const { DATABASE_URL } = server.config;
    const revoked = await createKey(DATABASE_URL);
    await withKeys(DATABASE_URL, (table) => table.revoke(idOf(revoked)));
    for (const scope of SCOPES) keys.set(scope, await createKey(DATABASE_URL, [scope]));
    keys.set('revoked', revoked);
    await until(
      async () =>
        (await get(`${server.url}/metrics`, withKey(keys.get('metrics:read') ?? ''))).status === 200,
    );
  });
  afterAll(() => server.close());

  it('declares its scope, or that it needs no key', () => {
    const declared = operationsOf(document).map(([, , operation]) => [
      operation.operationId,
      operation.security?.some((one) => 'api_key' in one) ? operation['x-required-scope'] : 'public',
    ]);
    const expected = [...PUBLIC.map((name) => [name, 'public']), ...Object.entries(SCOPE_OF)];
    expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(expected));
  });

  it('is open to the keys that have its scope, and to no other', async () => {
    const wrong: string[] = [];
    for (const [method, path, { operationId }] of operationsOf(document)) {
      const needed = SCOPE_OF[operationId];
      const paths = [path, path.replace(/^\/orders/, '/order'), `${path}/`, path.toUpperCase()].filter(
        (one) => !one.includes('{') || one === path || one.startsWith('/order'),
      );
      for (const one of new Set(paths)) {
        const note = async (
          name: string,
          headers: Record<string, string>,
          expected: 401 | 403 | undefined,
        ) => {
          const status = await ask(method, one, headers);
          const isRight = expected ? status === expected : status !== 401 && status !== 403;
          if (!isRight) wrong.push(`${method} ${one}, ${name}: ${status}`);
        };
        await note('no key', {}, needed && 401);
        await note('revoked', withKey(keys.get('revoked') ?? ''), needed && 401);
        for (const scope of SCOPES)
          await note(
            scope,
            withKey(keys.get(scope) ?? ''),
            needed === undefined || needed === scope ? undefined : 403,
          );
      }
    }
    expect(wrong).toEqual([]);
  });
});
