import fc from 'fast-check';
import { temporaryDatabase } from '../support/app.js';
import { anOrder, get, post, until, untilStatus } from '../support/client.js';
import { requestsTo } from '../support/fuzz.js';
import type { Document } from '../support/openapi.answers.js';
import { RawClient, request } from '../support/raw.js';
import { ServerProcess } from '../support/server.js';

interface Line {
  level: string;
  time: string;
  pid: number;
  message: string;
  request_id?: string;
  method?: string;
  route?: string;
  status?: number;
  duration_ms?: number;
  order_id?: string;
  [field: string]: unknown;
}

let database: ReturnType<typeof temporaryDatabase>;
let server: ServerProcess;
beforeEach(() => (database = temporaryDatabase()));
afterEach(async () => {
  await server.kill();
  database.remove();
});

const start = async (environment: Record<string, string | number> = {}) =>
  (server = await ServerProcess.start({
    DATABASE_URL: database.url,
    PROCESSING_TIME_MS: 0,
    LOG_LEVEL: 'info',
    ...environment,
  }));
const lines = () => server.log.map((line) => JSON.parse(line) as Line);
const requests = () => lines().filter(({ method }) => method);
/** The line about the request with this id, when it is there. */
const lineOf = (id: string) =>
  until(
    async () => requests().find(({ request_id }) => request_id === id),
    (line) => line !== undefined,
  );

describe('the log', () => {
  it('has one line of JSON for each request: its id, route, status, duration and order', async () => {
    await start();
    const from = (id: string) => ({ 'x-request-id': id });
    await post(`${server.url}/orders`, anOrder({ order_id: 'order-1', user_id: 'a-user' }), from('created'));
    await get(`${server.url}/orders/order-1?user_id=a-user`, from('read'));
    await get(`${server.url}/orders?user_id=a-user`, from('list'));
    await get(`${server.url}/order/a%0a%1b%5b2J`, from('no-order'));
    await get(`${server.url}/nothing/a-user`, from('nothing'));
    await post(`${server.url}/orders`, '{', from('malformed'));
    await post(`${server.url}/orders/order-1`, undefined, from('refused'), 'DELETE');
    await lineOf('refused');
    const told = requests().map(({ request_id, method, route, status, order_id }) =>
      [request_id, method, route, status, order_id].map((value) => value ?? '-').join(' '),
    );
    expect(told.toSorted()).toEqual(
      [
        'created POST /orders 201 order-1',
        'read GET /orders/:id 200 order-1',
        'list GET /orders 200 -',
        'no-order GET /order/:id 404 -',
        'nothing GET - 404 -',
        'malformed POST /orders 400 -',
        'refused DELETE /orders/:id 405 -',
      ].toSorted(),
    );
    for (const line of requests()) {
      expect(line).toMatchObject({ level: 'info', pid: server.process.pid, message: 'request completed' });
      expect(line.duration_ms).toBeGreaterThan(0);
      expect(new Date(line.time).toISOString()).toBe(line.time);
    }
    expect(server.log.join('\n')).not.toContain('a-user');
  });

  it('is not filled by probes, scrapes, and the status page', async () => {
    await start();
    for (const path of ['/health/live', '/health/ready', '/metrics', '/metrics/prometheus'])
      await get(server.url + path);
    await get(`${server.url}/orders`, { 'sec-fetch-site': 'same-origin' });
    await get(`${server.url}/orders`, { 'x-request-id': 'last' });
    await lineOf('last');
    expect(requests()).toHaveLength(1);
  });

  it('has a line of a request whose client went away', async () => {
    await start();
    const body = request('POST', '/orders', JSON.stringify(anOrder()), { 'x-request-id': 'gone' });
    const client = await RawClient.open(server.url);
    await client.send(body.slice(0, -5));
    await get(`${server.url}/health/live`); // by now the server has the bytes
    client.socket.destroy();
    const line = await lineOf('gone');
    expect(line).toMatchObject({ message: 'request aborted', route: '/orders' });
  });

  it('has every transition, at debug', async () => {
    await start({ LOG_LEVEL: 'debug' });
    await post(`${server.url}/orders`, anOrder({ order_id: 'order-1' }), { 'x-request-id': 'here' });
    await untilStatus(server.url, 'order-1', 'Completed');
    const made = await until(
      async () => lines().filter(({ to }) => to),
      ({ length }) => length === 3,
    );
    expect(made).toMatchObject([
      { level: 'debug', order_id: 'order-1', from: null, to: 'Pending', attempt: 0 },
      { from: 'Pending', to: 'Processing', attempt: 1 },
      { from: 'Processing', to: 'Completed', attempt: 1 },
    ]);
  });

  it('tells of an error on this side at warn, and why at error, under one request id', async () => {
    await start({ NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(BROKEN_STRINGIFY)}"` });
    await get(`${server.url}/orders/broken`, { 'x-request-id': 'this-one' });
    const line = await lineOf('this-one');
    expect(line).toMatchObject({ level: 'warn', status: 500, route: '/orders/:id' });
    const why = lines().find(({ err }) => err);
    expect(why).toMatchObject({ level: 'error', request_id: 'this-one', err: { message: 'cannot test' } });
  });
});

/** Makes one id break the route that reads it. */
const BROKEN_STRINGIFY = `
  const { test } = RegExp.prototype;
  RegExp.prototype.test = function (text) {
    if (text === 'broken') throw new Error('cannot test');
    return test.call(this, text);
  }`;

describe('the log for people', () => {
  it('is quiet about requests that went well, and tells of each at debug', async () => {
    await start({ LOG_FORMAT: 'pretty', LOG_LEVEL: 'debug' });
    await post(`${server.url}/orders`, anOrder({ order_id: 'order-1' }), { 'x-request-id': 'here' });
    const line = await until(
      async () => server.log.find((text) => text.includes(' POST /orders ')),
      (text) => text !== undefined,
    );
    expect(line).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] DEBUG \(\d+\): POST \/orders 201 [\d.]+ ms order-1 \(here\)$/,
    );
    await server.kill();
    await start({ LOG_FORMAT: 'pretty' });
    await post(`${server.url}/orders`, anOrder({ order_id: 'order-2' }));
    await post(`${server.url}/orders`, '{');
    await server.stop();
    expect(server.log).toEqual([
      expect.stringMatching(/ INFO .*\[Ordermill\] ready on http/),
      expect.stringMatching(/ INFO .*SIGTERM: finishing what is running$/),
      expect.stringMatching(/ INFO .*stopped$/),
    ]);
  });

  it('gets no line and no escape of a terminal from a client', async () => {
    await start({ LOG_FORMAT: 'pretty', LOG_LEVEL: 'verbose' });
    const forged = '%0a%5b12:00:00.000%5d FATAL (1): forged%1b%5b2J%c2%9b2J%e2%80%ae';
    await get(`${server.url}/orders/${forged.replaceAll(' ', '%20')}`);
    await get(`${server.url}/webhooks/${forged.replaceAll(' ', '%20')}`, { 'x-request-id': 'last' });
    await until(
      async () => server.log.filter((line) => line.includes('(last)')),
      ({ length }) => length === 2,
    );
    expect(server.log.filter((line) => line.includes('forged')).length).toBeGreaterThan(0);
    for (const line of server.log) {
      expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] [A-Z]+ \(\d+\): /);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }
  });
});

describe('whatever a client sends', () => {
  const MARK = 'cafe5ecre7';
  const SECRET = `whsec_${Buffer.from(`${MARK} and more bytes`).toString('base64')}`;
  const KEY = `om_aaaaaaaa_${MARK.padEnd(43, 'k')}`;
  const UNKNOWN = `om_bbbbbbbb_${MARK.padEnd(43, 'k')}`;
  const KNOWN = [MARK, SECRET, SECRET.slice('whsec_'.length)];

  it('no secret, key, body, query or user id of it is in the log at the most verbose level', async () => {
    await start({
      LOG_LEVEL: 'verbose',
      PROCESSOR: 'http',
      PROCESSOR_URL: `http://me:${MARK}@127.0.0.1:9/?token=${MARK}`,
      PROCESSOR_SECRET: SECRET,
      MAX_ATTEMPTS: 1,
      WEBHOOK_TARGETS: 'any',
      API_KEYS: KEY,
    });
    const headers = {
      authorization: `Bearer ${KEY}`,
      'proxy-authorization': `Basic ${MARK}`,
      cookie: `session=${MARK}`,
      'x-api-key': MARK,
    };
    const url = `http://127.0.0.1:9/hook?token=${MARK}`;
    const hook = await post(`${server.url}/webhooks`, { url }, headers);
    await post(`${server.url}/webhooks`, { url: `http://me:${MARK}@127.0.0.1/` }, headers);
    const order = anOrder({ order_id: 'known', user_id: MARK, item_ids: [MARK] });
    const key = { ...headers, 'idempotency-key': `${MARK}-key` };
    for (const body of [order, order, { ...order, total_amount: 1 }, { ...order, [MARK]: MARK }, `{"${MARK}`])
      await post(`${server.url}/orders`, body, key);
    await post(
      `${server.url}/orders/batch`,
      { orders: [order, { user_id: { [MARK]: MARK } }, MARK] },
      headers,
    );
    const document = (await get(`${server.url}/openapi.json`)).body as Document;
    const some = fc.sample(
      requestsTo(document, ['known', hook.body.id], [`Bearer ${KEY}`, `Bearer ${UNKNOWN}`]),
      { seed: 5, numRuns: 1500 },
    );
    for (const { method, path, headers: own, body } of some) {
      const marked = body.startsWith('{') ? body.replace('{', `{"${MARK}":"${MARK}",`) : body + MARK;
      const to = `${server.url}${path}${path.includes('?') ? '&' : '?'}user_id=${MARK}`;
      if (URL.canParse(to))
        await fetch(to, {
          method,
          headers: { ...key, ...own },
          ...(method !== 'GET' && method !== 'HEAD' && { body: marked }),
        }).then((answer) => answer.arrayBuffer());
    }
    const client = await RawClient.open(server.url);
    await client.send(`GET /${MARK}\u0000 HTTP/1.1\r\nauthorization: ${MARK}\r\n\r\n`);
    await client.end();
    await server.stop();
    expect(requests().length).toBeGreaterThan(1400);
    expect(lines().some(({ message }) => message.includes('the processor cannot be reached'))).toBe(true);
    expect(server.log.filter((line) => KNOWN.some((text) => line.includes(text)))).toEqual([]);
  }, 120_000);
});

describe('a reader of the log that stands still', () => {
  const BATCH = { orders: Array.from({ length: 1000 }, () => anOrder()) };

  it('stops neither requests nor a stop; what it missed is counted', async () => {
    await start({ LOG_LEVEL: 'debug', PROCESSOR_CONCURRENCY: 1000 });
    const { stdout } = server.process;
    stdout?.pause();
    for (let batch = 0; batch < 20; batch++)
      expect((await post(`${server.url}/orders/batch`, BATCH)).body.accepted).toBe(1000);
    stdout?.resume();
    const dropped = await until(
      async () => {
        await get(`${server.url}/health/live`);
        return server.log.find((line) => line.includes('lines of the log were dropped')) ?? '';
      },
      (line) => line !== '',
    );
    expect(dropped).toMatch(
      /"level":"warn".*"message":"\d+ lines of the log were dropped: its reader is too slow"/,
    );
    stdout?.pause();
    for (let batch = 0; batch < 5; batch++) await post(`${server.url}/orders/batch`, BATCH);
    expect(await server.stop()).toBe(0);
  }, 60_000);
});
