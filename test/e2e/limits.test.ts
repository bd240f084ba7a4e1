import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { EventClient } from '../support/event.client.js';
import { RawClient, request } from '../support/raw.js';

const BODY = 2048;
const BATCH = 8192;

/** Node's limit of a request's first line and headers together. */
const HEADERS = 16_384;

/** The body, blown up with blanks to so many bytes. */
const padded = (body: object, bytes: number) => JSON.stringify(body).padEnd(bytes, ' ');

/** An array in an array in an array. */
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Each limit, at it and one past it. */
describe('what a client may send', () => {
  let server: RunningApp;
  beforeAll(
    async () =>
      (server = await startApp({
        config: {
          BODY_LIMIT_BYTES: BODY,
          BATCH_BODY_LIMIT_BYTES: BATCH,
          MAX_EVENT_STREAMS: 2,
          QUEUE_MAX_PENDING: 1_000_000,
        },
      })),
  );
  afterAll(() => server.close());

  it('is a body of BODY_LIMIT_BYTES', async () => {
    const ask = (bytes: number) => post(`${server.url}/orders`, padded(anOrder(), bytes));
    expect((await ask(BODY)).status).toBe(201);
    expect((await ask(BODY + 1)).status).toBe(413);
  });

  it('is a batch of BATCH_BODY_LIMIT_BYTES', async () => {
    const ask = (bytes: number) => post(`${server.url}/orders/batch`, padded({ orders: [anOrder()] }, bytes));
    expect((await ask(BATCH)).status).toBe(200);
    expect((await ask(BATCH + 1)).status).toBe(413);
  });

  it('is a body that is told in pieces, up to the same limit', async () => {
    const ask = async (bytes: number) => {
      const sending = send(`${server.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
        agent: false,
      });
      for (const byte of padded(anOrder(), bytes).match(/.{1,100}/gs) ?? []) sending.write(byte);
      sending.end();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    expect(await ask(BODY)).toBe(201);
    expect(await ask(BODY + 1)).toBe(413);
  });

  it.each([
    [
      'headers',
      (length: number) => request('GET', '/health/live', '', { connection: 'close', x: 'x'.repeat(length) }),
    ],
    [
      'a URL',
      (length: number) => request('GET', `/health/live?${'x'.repeat(length)}`, '', { connection: 'close' }),
    ],
  ])('is %s of 16 KiB', async (_, ask) => {
    const statusOf = async (length: number) => {
      const client = await RawClient.open(server.url);
      await client.send(ask(length));
      await client.end();
      return client.answers[0]?.status;
    };
    let [accepted, refused] = [HEADERS - 1000, HEADERS + 1000];
    expect([await statusOf(accepted), await statusOf(refused)]).toEqual([200, 431]);
    while (refused - accepted > 1) {
      const middle = Math.floor((accepted + refused) / 2);
      const status = await statusOf(middle);
      expect([200, 431]).toContain(status);
      if (status === 200) accepted = middle;
      else refused = middle;
    }
    expect(Math.abs(refused - HEADERS)).toBeLessThan(200); // the rest of the request's head
  });

  it('is JSON as deep as an order, and any deeper is told to be wrong, not parsed without end', async () => {
    const ask = (items: string) =>
      post(`${server.url}/orders`, `{"user_id":"u","total_amount":1,"item_ids":${items}}`);
    expect((await ask('["a"]')).status).toBe(201);
    expect((await ask('[["a"]]')).status).toBe(400);
    expect((await ask(nested((BODY - 100) / 2))).status).toBe(400);
  });

  it('is as many event streams at once as MAX_EVENT_STREAMS', async () => {
    const streams = [
      await EventClient.open(`${server.url}/events`),
      await EventClient.open(`${server.url}/events`),
    ];
    expect((await get(`${server.url}/events`)).status).toBe(503);
    for (const stream of streams) stream.close();
    const again = await until(() => EventClient.open(`${server.url}/events`).catch(() => undefined));
    again?.close();
  });

  it('is 1,000 orders in a batch, and 1,000 items in an order', async () => {
    const large = await startApp();
    const batch = (count: number) =>
      post(`${large.url}/orders/batch`, { orders: Array.from({ length: count }, () => anOrder()) });
    expect((await batch(1000)).body.accepted).toBe(1000);
    expect((await batch(1001)).status).toBe(400);
    const order = (count: number) =>
      post(`${large.url}/orders`, anOrder({ item_ids: Array.from({ length: count }, () => 'item') }));
    expect((await order(1000)).status).toBe(201);
    expect((await order(1001)).status).toBe(400);
    await large.close();
  });

  it('is 200 orders a page', async () => {
    expect((await get(`${server.url}/orders?limit=200`)).status).toBe(200);
    expect((await get(`${server.url}/orders?limit=201`)).status).toBe(400);
  });
});
