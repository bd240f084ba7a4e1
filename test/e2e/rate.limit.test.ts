import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, type Answer } from '../support/client.js';
import { withKey } from '../support/keys.js';
import { OwnRedis } from '../support/own.redis.js';
import { expectProblem } from '../support/problem.js';
import { createDatabase, isThere, SERVERS, type TestServer } from '../support/servers.js';

const LIMIT = 5;
const KEY = `om_aaaaaaaa_${'k'.repeat(43)}`;
const OTHER = `om_bbbbbbbb_${'l'.repeat(43)}`;

/** The statuses of so many requests, one after the other. */
async function statusesOf(count: number, ask: () => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push((await ask()).status);
  return statuses;
}

const allowed = Array.from({ length: LIMIT }, () => 200);

describe('a client that makes more requests than RATE_LIMIT_PER_MINUTE', () => {
  let server: RunningApp;
  const start = async (config: Record<string, string | number> = {}) =>
    (server = await startApp({ config: { RATE_LIMIT_PER_MINUTE: LIMIT, ...config } }));
  afterEach(() => server.close());

  it('is answered up to the limit, and told to wait from then on', async () => {
    const { url } = await start();
    for (let made = 1; made <= LIMIT; made++) {
      const { status, headers } = await get(`${url}/orders`);
      expect([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual([
        200,
        `${LIMIT}`,
        `${LIMIT - made}`,
      ]);
      expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    }
    const refused = await post(`${url}/orders`, anOrder({ order_id: 'one-too-many' }));
    expectProblem(refused, 429, '/orders');
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
  });

  it('may still ask for health, and load the pages', async () => {
    const { url } = await start();
    await statusesOf(LIMIT + 1, () => get(`${url}/orders`));
    for (const path of ['/health/live', '/health/ready', '/', '/docs', '/openapi.json'])
      expect([path, (await get(url + path)).status]).toEqual([path, 200]);
  });

  it('is counted by its key, and by its address when it has none', async () => {
    const { url } = await start({ API_KEYS: `${KEY},${OTHER}` });
    const ask = (key: string) => () => get(`${url}/orders`, withKey(key));
    expect(await statusesOf(LIMIT + 1, ask(KEY))).toEqual([...allowed, 429]);
    expect(await statusesOf(LIMIT + 1, ask(OTHER))).toEqual([...allowed, 429]);
    const refused = Array.from({ length: LIMIT }, () => 401);
    expect(await statusesOf(LIMIT, () => get(`${url}/orders`))).toEqual(refused);
    expect(await statusesOf(1, ask(`om_cccccccc_${'m'.repeat(43)}`))).toEqual([429]); // who guesses keys is an address
  });

  it('cannot choose its address, unless a proxy is trusted', async () => {
    const { url } = await start();
    const from = (address: string) => () => get(`${url}/orders`, { 'x-forwarded-for': address });
    expect(await statusesOf(LIMIT, from('192.0.2.1'))).toEqual(allowed);
    expect(await statusesOf(1, from('192.0.2.2'))).toEqual([429]);
  });

  it.each(['1', 'loopback', '127.0.0.0/8'])(
    'is told apart behind a trusted proxy: %s',
    async (TRUST_PROXY) => {
      const { url } = await start({ TRUST_PROXY });
      const from = (address: string) => () => get(`${url}/orders`, { 'x-forwarded-for': address });
      expect(await statusesOf(LIMIT + 1, from('192.0.2.1'))).toEqual([...allowed, 429]);
      expect(await statusesOf(1, from('192.0.2.2'))).toEqual([200]);
      expect(await statusesOf(1, from('192.0.2.77, 192.0.2.1'))).toEqual([429]); // what the client wrote before is not believed
    },
  );
});

const [postgres] = SERVERS;
const canShare = postgres !== undefined && (await isThere(postgres)) && OwnRedis.isPossible();

(canShare ? describe : describe.skip)('several processes with one Redis', () => {
  it('count together, and each for itself while Redis is away', async () => {
    const redis = await OwnRedis.create();
    await redis.start();
    const database = await createDatabase(postgres as TestServer);
    const config = {
      DATABASE_URL: database.url,
      QUEUE_DRIVER: 'bullmq',
      REDIS_URL: redis.url,
      RATE_LIMIT_PER_MINUTE: LIMIT,
    };
    const apps = [await startApp({ config }), await startApp({ config })];
    const statuses: number[] = [];
    for (let index = 0; index <= LIMIT; index++)
      statuses.push((await get(`${apps[index % 2]?.url}/orders`)).status);
    expect(statuses).toEqual([...allowed, 429]);
    const [first, second] = apps.map(
      ({ url }) =>
        () =>
          get(`${url}/orders`),
    );
    if (!first || !second) throw new Error('there are two');
    expect(await statusesOf(3, first)).toEqual([429, 429, 429]);
    expect(await statusesOf(3, second)).toEqual([429, 429, 429]);
    await redis.kill();
    for (const ask of [first, second]) expect(await statusesOf(LIMIT + 1, ask)).toEqual([...allowed, 429]);
    for (const app of apps) await app.close();
    await database.remove();
  });
});
