import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ProcessingSchedule } from '../../src/processing/processing.schedule.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, until } from '../support/client.js';
import { Receiver, type Received } from '../support/receiver.js';
import { rows } from '../support/database.file.js';
import { having, HeldClock } from '../support/test.work.js';

const KEY = Buffer.from('a key of more than twenty-four bytes');

describe('PROCESSOR=http', () => {
  const database = temporaryDatabase();
  const receiver = new Receiver();
  const clock = new HeldClock();
  let server: RunningApp;
  let orders = 0;

  beforeAll(async () => {
    server = await startApp({
      config: {
        DATABASE_URL: database.url,
        PROCESSOR: 'http',
        PROCESSOR_URL: await receiver.open(),
        PROCESSOR_SECRET: `whsec_${KEY.toString('base64')}`,
        PROCESSOR_CONCURRENCY: 2,
        ATTEMPT_TIMEOUT_MS: 20_000,
        MAX_ATTEMPTS: 2,
        RETRY_BACKOFF_MS: 0,
      },
      override: having(undefined, clock),
    });
  });
  afterAll(async () => {
    await server.close();
    await receiver.close();
    await expectSound(database.file);
    database.remove();
  });

  /** Creates an order and waits until it is where it should be; the receiver answers `reply`. */
  async function order(status: string, reply: (response: ServerResponse, request: Received) => void) {
    const order_id = `order-${++orders}`;
    receiver.received.length = 0;
    receiver.reply = reply;
    await post(`${server.url}/orders`, anOrder({ order_id }));
    const { body } = await until(
      () => get(`${server.url}/orders/${order_id}`),
      (answer) => answer.body.status === status && answer.body.attempts > 0,
    );
    return body;
  }
  const answering =
    (status: number, headers: Record<string, string> = {}, text = 'so it is') =>
    (response: ServerResponse) =>
      void response.writeHead(status, headers).end(text);

  it('posts the order as JSON, with its id, its attempt and a Standard Webhooks signature', async () => {
    const { order_id } = await order('Completed', answering(200));
    const [{ headers, body }] = receiver.received as [Received];
    expect(receiver.received).toHaveLength(1);
    expect(JSON.parse(body)).toEqual({ ...anOrder(), order_id, attempt: 1 });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': order_id,
      'x-order-attempt': '1',
      'webhook-id': order_id,
      'webhook-timestamp': String(clock.at / 1000),
    });
    const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
    const signature = createHmac('sha256', KEY).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  });

  it.each([200, 201, 202, 204])('completes the order on %i', async (status) => {
    expect(await order('Completed', answering(status, {}, ''))).toMatchObject({ attempts: 1, error: null });
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('tries again after %i, then fails', async (status) => {
    const failed = await order('Failed', answering(status));
    expect(failed.attempts).toBe(2);
    expect(receiver.received.map(({ headers }) => headers['x-order-attempt'])).toEqual(['1', '2']);
    expect(failed.error).toEqual({
      code: 'processor_unavailable',
      message: `the processor answered ${status}`,
      attempt: 2,
    });
  });

  it.each([301, 302, 307, 400, 401, 404, 409, 410, 422])('fails at once on %i', async (status) => {
    const failed = await order('Failed', answering(status, { location: '/elsewhere' }));
    expect(receiver.received).toHaveLength(1);
    expect(failed).toMatchObject({
      attempts: 1,
      error: {
        code: 'processor_refused',
        message: `the processor answered ${status}`,
        attempt: 1,
      },
    });
  });

  it('tells its clients the status only, and the log what the processor said and where it is', async () => {
    const logged: string[] = [];
    const note = (line: unknown) => void logged.push(String(line));
    server.app.useLogger({ log: note, warn: note, error: note, fatal: note });
    const secrets = /so it is|db-7|ECONN|127\.0\.0\.1/;
    const shown = async (order_id: string) => {
      const paths = [`/orders/${order_id}`, `/orders/${order_id}/history`, '/orders?limit=1'];
      return Promise.all(paths.map(async (path) => JSON.stringify((await get(server.url + path)).body)));
    };
    const refused = await order('Failed', answering(500, {}, 'so it is:\n db-7 refused'));
    const cut = await order('Failed', (response) => response.destroy());
    for (const { order_id } of [refused, cut])
      for (const text of await shown(order_id)) expect(text).not.toMatch(secrets);
    const head = `order ${refused.order_id}, attempt 2: the processor answered 500: so it is:  db-7 refused`;
    await until(async () => logged.includes(head));
    expect(logged.join('\n')).toMatch(`order ${cut.order_id}, attempt 2: the processor cannot be reached: `);
  });

  it('waits as long as Retry-After asks, in seconds or until a date', async () => {
    for (const [wish, waitMs] of [
      ['120', 120_000],
      [new Date(clock.at + 180_000).toUTCString(), 60_000], // the clock is moved by the first
      ['999999999', 86_400_000],
    ] as const) {
      const { order_id } = await order('Pending', answering(503, { 'retry-after': wish }));
      const [row] = rows<{ not_before: number }>(
        database.url,
        'SELECT not_before FROM orders WHERE order_id = ?',
        order_id,
      );
      expect(row?.not_before).toBe(clock.at + waitMs);
      receiver.reply = answering(200);
      clock.at += waitMs;
      await server.app.get(ProcessingSchedule).tick();
      await until(
        () => get(`${server.url}/orders/${order_id}`),
        ({ body }) => body.status === 'Completed' && body.attempts === 2,
      );
    }
  });

  it('does not wait for a Retry-After that makes no sense', async () => {
    for (const wish of ['soon', '-5', new Date(clock.at - 60_000).toUTCString()])
      expect((await order('Failed', answering(503, { 'retry-after': wish }))).attempts).toBe(2);
  });

  it('tries again when the connection is reset before or in the middle of the reply', async () => {
    const before = await order('Failed', (response) => response.destroy());
    expect(before.error).toMatchObject({ code: 'processor_unreachable', attempt: 2 });
    const during = await order('Failed', (response) => {
      response.writeHead(500, { 'content-length': 100 });
      response.write('half a', () => response.destroy());
    });
    expect(during.error.message).toBe('the processor answered 500');
  });

  it('does not read a reply of 10 MB to its end', async () => {
    const sent: number[] = [];
    const flood = (status: number) => (response: ServerResponse) => {
      const chunk = Buffer.alloc(65_536, 'x');
      let chunks = 0;
      const more = (): void => {
        while (!response.destroyed && chunks++ < 160)
          if (!response.write(chunk)) return void response.once('drain', more);
        response.end();
      };
      response.on('close', () => sent.push(response.writableFinished ? Infinity : chunks));
      response.writeHead(status);
      more();
    };
    expect(await order('Completed', flood(200))).toMatchObject({ attempts: 1, error: null });
    const refused = await order('Failed', flood(400));
    expect(refused.error.code).toBe('processor_refused');
    expect(refused.error.message.length).toBeLessThanOrEqual(500);
    await until(
      async () => sent.length,
      (length) => length === 2,
    );
    expect(sent.every((chunks) => chunks < 160)).toBe(true);
  });

  it('uses its connections again, no more than it has slots', async () => {
    receiver.reply = answering(204, {}, '');
    await order('Completed', receiver.reply);
    const before = receiver.connections;
    const batch = Array.from({ length: 100 }, () => anOrder());
    await post(`${server.url}/orders/batch`, { orders: batch });
    await until(
      () => get(`${server.url}/metrics`),
      ({ body }) => body.pending_orders + body.processing_orders === 0,
    );
    expect(receiver.received.length).toBe(101);
    expect(receiver.connections - before).toBeLessThanOrEqual(2);
  });

  it('tries again when nobody listens', async () => {
    await receiver.close();
    const failed = await order('Failed', answering(200));
    expect(failed).toMatchObject({ attempts: 2, error: { code: 'processor_unreachable', attempt: 2 } });
    expect(failed.error.message).toBe('the processor cannot be reached');
    await receiver.open();
  });
});
