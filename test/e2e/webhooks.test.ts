import type { ServerResponse } from 'node:http';
import { Database } from '../../src/database/database.js';
import { DeliveryPruning } from '../../src/webhooks/delivery/delivery.pruning.js';
import { WebhookDeliverer } from '../../src/webhooks/delivery/webhook.deliverer.js';
import { startApp, type RunningApp } from '../support/app.js';
import { PLACES } from '../support/any.database.js';
import { anOrder, get, post, request, until, type Answer } from '../support/client.js';
import { answer, hang, LIFE, verify, WebhookReceiver, type Reply } from '../support/webhook.receiver.js';

const SOON = { WEBHOOK_TARGETS: 'any', WEBHOOK_BACKOFF_MS: 20, WEBHOOK_BACKOFF_MAX_MS: 100 };

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`webhooks on ${place.name}`, () => {
    let database: Awaited<ReturnType<typeof place.create>>;
    let server: RunningApp;
    let receiver: WebhookReceiver;
    let target: string;

    const start = async (config: Record<string, string | number> = {}) =>
      void (server = await startApp({ config: { DATABASE_URL: database.url, ...SOON, ...config } }));
    const register = async (path = '/', more: object = {}): Promise<Answer['body']> => {
      const { status, body } = await post(`${server.url}/webhooks`, { url: target + path, ...more });
      expect([status, body]).toEqual([201, expect.anything()]);
      return body;
    };
    const accept = (order_id: string) => post(`${server.url}/orders`, anOrder({ order_id }));
    const change = async (id: string, body: object): Promise<Answer['body']> =>
      (await post(`${server.url}/webhooks/${id}`, body, {}, 'PATCH')).body;
    const deliveries = async (id: string, query = ''): Promise<Answer['body']> =>
      (await get(`${server.url}/webhooks/${id}/deliveries${query}`)).body.deliveries;
    const untilDelivered = (id: string, count: number) =>
      until(
        () => deliveries(id, '?state=delivered&limit=200'),
        ({ length }) => length === count,
      );

    beforeEach(async () => {
      database = await place.create();
      receiver = new WebhookReceiver();
      target = await receiver.open();
    });
    afterEach(async () => {
      await server.close();
      await receiver.close();
      await database.remove();
    });

    it('are told every transition once, signed, those of an order in their order', async () => {
      await start();
      await accept('before');
      await until(async () => (await get(`${server.url}/orders/before`)).body.status === 'Completed');
      const { id, secret } = await register();
      for (const order of ['a', 'b', 'c']) await accept(order);
      await receiver.atLeast(9);
      await untilDelivered(id, 9);
      for (const order of ['a', 'b', 'c']) expect(receiver.toldOf(order)).toEqual(LIFE);
      expect(receiver.received).toHaveLength(9);
      for (const message of receiver.received) verify(message, secret);
      expect(new Set(receiver.received.map((message) => message.id)).size).toBe(9);
      const history = (await get(`${server.url}/orders/a/history`)).body as { at: string; attempt: number }[];
      const told = receiver.received.filter(({ data }) => data.order_id === 'a');
      expect(told.map(({ data: { at, attempt } }) => ({ at, attempt }))).toEqual(
        history.map(({ at, attempt }) => ({ at, attempt })),
      );
      expect(told.map(({ type }) => type)).toEqual(['order.pending', 'order.processing', 'order.completed']);
    });

    it('are told only of the statuses that they want, new ones from then on', async () => {
      await start();
      const { id } = await register('/', { statuses: ['Completed'] });
      await accept('a');
      await receiver.atLeast(1);
      await change(id, { statuses: ['Pending'] });
      await accept('b');
      await receiver.atLeast(2);
      await untilDelivered(id, 2);
      expect(receiver.received.map(({ data }) => `${data.order_id} ${data.to}`)).toEqual([
        'a Completed',
        'b Pending',
      ]);
    });

    it('lose nothing to a receiver that fails, hangs, redirects, breaks off and lies', async () => {
      await start({ WEBHOOK_TIMEOUT_MS: 200 });
      const redirected = `${target}/redirected`;
      const replies: Reply[] = [
        answer(500),
        hang,
        answer(307, { location: redirected }),
        ({ socket }) => socket?.destroy(),
        ({ socket }) => socket?.end('this is not HTTP\r\n\r\n'),
        ({ socket }) =>
          socket?.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
        (response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(),
        answer(429, { 'retry-after': '0' }),
        answer(200),
        drip,
        flood,
      ];
      let count = 0;
      receiver.reply = (response, message) => replies[count++ % replies.length]?.(response, message);
      const { id, secret } = await register();
      const orders = Array.from({ length: 8 }, (_, index) => `order-${index}`);
      for (const order of orders) await accept(order);
      await untilDelivered(id, 24);
      for (const order of orders) expect(receiver.toldOf(order)).toEqual(LIFE);
      for (const message of receiver.received) verify(message, secret);
      expect(receiver.at('/redirected')).toEqual([]);
      for (const { response_status } of await deliveries(id, '?limit=200')) expect(response_status).toBe(200);
      expect(count).toBeGreaterThan(24 + 24);
    });

    it('send no message of an order before the earlier one is delivered, and one at a time', async () => {
      await start();
      const { id } = await register();
      const running = new Set<string>();
      const overlaps: string[] = [];
      receiver.reply = (response, { data: { order_id, to } }) => {
        if (running.has(order_id)) overlaps.push(order_id);
        running.add(order_id);
        setImmediate(() => {
          running.delete(order_id);
          const isFirst = receiver.received.filter(
            ({ data }) => data.order_id === order_id && data.to === to,
          ).length;
          response.writeHead(isFirst < 3 ? 503 : 204).end();
        });
      };
      for (const order of ['a', 'b']) await accept(order);
      await untilDelivered(id, 6);
      expect(overlaps).toEqual([]);
      for (const order of ['a', 'b']) {
        const tos = receiver.received
          .filter(({ data }) => data.order_id === order)
          .map(({ data }) => data.to);
        expect(tos).toEqual(['Pending', 'Processing', 'Completed'].flatMap((to) => [to, to, to]));
      }
    });

    it('do not wait for one that hangs, though it is on the same host', async () => {
      await start({ WEBHOOK_TIMEOUT_MS: 60_000, WEBHOOK_CONCURRENCY: 2, SHUTDOWN_TIMEOUT_MS: 100 });
      receiver.reply = (response, message) =>
        (message.path === '/slow' ? hang : answer(200))(response, message);
      await register('/slow');
      const { id } = await register('/fast');
      for (let index = 0; index < 20; index++) await accept(`order-${index}`);
      await untilDelivered(id, 60);
      expect(receiver.at('/slow')).toHaveLength(2);
    });

    it('are signed by every secret in use, and by a new one at once', async () => {
      await start();
      const { id, secret } = await register('/', { statuses: ['Pending'] });
      const secrets = [secret];
      for (let count = 1; count < 5; count++) {
        const { status, body } = await post(`${server.url}/webhooks/${id}/secret`);
        expect(status).toBe(200);
        secrets.push(body.secret);
      }
      expect(new Set(secrets).size).toBe(5);
      expect(await post(`${server.url}/webhooks/${id}/secret`)).toMatchObject({ status: 409 });
      await accept('a');
      const [message] = await receiver.atLeast(1);
      if (!message) throw new Error('there is one');
      for (const each of secrets) verify(message, each);
      expect(message.headers['webhook-signature']?.split(' ')).toHaveLength(5);
      expect(() => verify({ ...message, body: `${message.body} ` }, secret)).toThrow();
      expect(JSON.stringify((await get(`${server.url}/webhooks/${id}`)).body)).not.toContain('whsec_');
    });

    it('give a message up when its back-offs are used up, go on with the order, and replay it', async () => {
      await start({ WEBHOOK_RETRY_FOR_MS: 50 });
      receiver.reply = (response, { data }) =>
        void response.writeHead(data.to === 'Processing' ? 500 : 200).end();
      const { id } = await register();
      await accept('a');
      const [failed] = await until(
        () => deliveries(id, '?state=failed'),
        ({ length }) => length === 1,
      );
      expect(failed).toMatchObject({
        response_status: 500,
        error: 'the answer is 500',
        next_attempt_at: null,
      });
      await untilDelivered(id, 2);
      expect(receiver.toldOf('a')).toEqual(LIFE);
      receiver.reply = answer(200);
      const again = await post(`${server.url}/webhooks/${id}/deliveries/${failed.id}/replay`);
      expect(again.body).toMatchObject({ state: 'pending', message_id: failed.message_id });
      await untilDelivered(id, 3);
      expect(receiver.received.at(-1)).toMatchObject({ id: failed.message_id, type: 'order.processing' });
      const count = receiver.received.length;
      await post(`${server.url}/webhooks/${id}/deliveries/${failed.id}/replay`);
      expect((await receiver.atLeast(count + 1)).at(-1)?.id).toBe(failed.message_id);
      expect((await post(`${server.url}/webhooks/${id}/deliveries/${failed.id}9/replay`)).status).toBe(404);
    });

    it('replay all that have failed, the oldest first, an order’s in their order', async () => {
      await start({ WEBHOOK_RETRY_FOR_MS: 20 });
      receiver.reply = answer(500);
      const { id } = await register();
      for (const order of ['a', 'b']) await accept(order);
      await until(
        () => deliveries(id, '?state=failed'),
        ({ length }) => length === 6,
      );
      const refused = new Set<string>();
      receiver.reply = (response, { id: message, data }) => {
        const isRefused = data.to === 'Pending' && !refused.has(message);
        if (isRefused) refused.add(message);
        response.writeHead(isRefused ? 500 : 200).end();
      };
      const replay = async (body: object) => (await post(`${server.url}/webhooks/${id}/replay`, body)).body;
      expect(await replay({ failed_from: '2999-01-01T00:00:00Z' })).toEqual({ replayed: 0, has_more: false });
      const before = receiver.received.length;
      expect(await replay({ limit: 4 })).toEqual({ replayed: 4, has_more: true });
      expect(await replay({})).toEqual({ replayed: 2, has_more: false });
      await untilDelivered(id, 6);
      const tos = (order: string) =>
        receiver.received.slice(before).flatMap(({ data }) => (data.order_id === order ? data.to : []));
      for (const order of ['a', 'b'])
        expect(tos(order)).toEqual(['Pending', 'Pending', 'Processing', 'Completed']);
    });

    it('keep what is to be delivered while disabled, and deliver it when enabled', async () => {
      await start();
      const { id } = await register();
      expect(await change(id, { enabled: false })).toMatchObject({
        enabled: false,
        disabled_reason: 'by a client',
      });
      await accept('a');
      await until(async () => (await get(`${server.url}/orders/a`)).body.status === 'Completed');
      const { id: other } = await register('/other', { statuses: ['Completed'] });
      await accept('b');
      await untilDelivered(other, 1);
      expect(receiver.at('/')).toEqual([]);
      expect(await change(id, { enabled: true })).toMatchObject({ enabled: true, disabled_reason: null });
      await untilDelivered(id, 6);
      for (const order of ['a', 'b']) expect(receiver.toldOf(order, '/')).toEqual(LIFE);
    });

    it('are disabled by 410 Gone, and after WEBHOOK_DISABLE_AFTER_MS of failures; enabled, what waits is due', async () => {
      await start({
        WEBHOOK_DISABLE_AFTER_MS: 60_000,
        WEBHOOK_BACKOFF_MS: 3_600_000,
        WEBHOOK_BACKOFF_MAX_MS: 3_600_000,
      });
      receiver.reply = answer(410);
      const { id } = await register('/', { statuses: ['Pending'] });
      await accept('a');
      const isDisabled = () =>
        until(
          async () => (await get(`${server.url}/webhooks/${id}`)).body,
          ({ enabled }) => !enabled,
        );
      expect(await isDisabled()).toMatchObject({ disabled_reason: 'the receiver answered 410 Gone' });
      await server.close();
      await start({ WEBHOOK_DISABLE_AFTER_MS: 0 });
      receiver.reply = answer(500);
      await change(id, { enabled: true });
      expect((await isDisabled()).disabled_reason).toMatch(/^every attempt has failed since 20/);
      receiver.reply = answer(200);
      await change(id, { enabled: true });
      await untilDelivered(id, 1);
      expect((await get(`${server.url}/webhooks/${id}`)).body).toMatchObject({
        enabled: true,
        failing_since: null,
      });
    });

    it('use a new URL for a message that waits for its next attempt', async () => {
      await start({ WEBHOOK_BACKOFF_MS: 3_600_000, WEBHOOK_BACKOFF_MAX_MS: 3_600_000 });
      receiver.reply = (response, { path }) => void response.writeHead(path === '/old' ? 500 : 200).end();
      const { id } = await register('/old', { statuses: ['Completed'] });
      await accept('a');
      await until(
        () => deliveries(id),
        ([first]) => first?.attempts === 1,
      );
      await change(id, { url: `${target}/new`, enabled: true });
      await untilDelivered(id, 1);
      expect(receiver.received.map(({ path }) => path)).toEqual(['/old', '/new']);
    });

    it('that are deleted are sent nothing more, and leave no row', async () => {
      await start({ WEBHOOK_TIMEOUT_MS: 60_000 });
      receiver.reply = hang;
      const { id } = await register();
      await accept('a');
      await receiver.atLeast(1);
      expect((await request('DELETE', `${server.url}/webhooks/${id}`)).status).toBe(204);
      for (const ask of [
        () => get(`${server.url}/webhooks/${id}`),
        () => request('DELETE', `${server.url}/webhooks/${id}`),
      ])
        expect((await ask()).status).toBe(404);
      expect((await get(`${server.url}/webhooks`)).body).toEqual({ webhooks: [] });
      await server.app.get(WebhookDeliverer).refresh();
      await server.app.get(DeliveryPruning).prune();
      const rows = await server.app
        .get(Database)
        .read('SELECT id FROM webhooks UNION ALL SELECT webhook_id FROM webhook_deliveries');
      expect(rows).toEqual([]);
      expect(receiver.received).toHaveLength(1);
    });

    it('are as many as MAX_WEBHOOKS, and one more when one is deleted', async () => {
      await start({ MAX_WEBHOOKS: 2 });
      const { id } = await register('/1');
      await register('/2');
      const refused = await post(`${server.url}/webhooks`, { url: target });
      expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('2 webhooks') } });
      await request('DELETE', `${server.url}/webhooks/${id}`);
      await register('/3');
      const { webhooks } = (await get(`${server.url}/webhooks`)).body;
      expect(webhooks.map(({ url }: { url: string }) => url)).toEqual([`${target}/2`, `${target}/3`]);
    });

    it('let no more than WEBHOOK_MAX_PENDING messages wait, and get the others later', async () => {
      await start({ WEBHOOK_MAX_PENDING: 10, WEBHOOK_CONCURRENCY: 1, WEBHOOK_BACKOFF_MAX_MS: 20 });
      receiver.reply = answer(500);
      const { id } = await register();
      const orders = Array.from({ length: 20 }, (_, index) => `order-${index}`);
      for (const order of orders) await accept(order);
      await until(async () => (await get(`${server.url}/orders/order-19`)).body.status === 'Completed');
      await until(
        () => deliveries(id, '?limit=200'),
        ({ length }) => length === 10,
      );
      await receiver.atLeast(30);
      expect(await deliveries(id, '?limit=200')).toHaveLength(10);
      receiver.reply = answer(200);
      await untilDelivered(id, 60);
      for (const order of orders) expect(receiver.toldOf(order)).toEqual(LIFE);
    });

    it('go on after a stop, with what was under way and what happened meanwhile', async () => {
      await start({ SHUTDOWN_TIMEOUT_MS: 100 });
      receiver.reply = hang;
      const { id, secret } = await register();
      await accept('a');
      await receiver.atLeast(1);
      await server.close();
      receiver.reply = answer(200);
      await start();
      await accept('b');
      await untilDelivered(id, 6);
      for (const order of ['a', 'b']) expect(receiver.toldOf(order)).toEqual(LIFE);
      for (const message of receiver.received) verify(message, secret);
      const [first] = (await deliveries(id)).toReversed();
      expect(first).toMatchObject({ attempts: 1, response_status: 200, error: null }); // what was cut off is no failure
    });

    it('have a log in pages, newest first', async () => {
      await start();
      const { id } = await register();
      for (let index = 0; index < 5; index++) await accept(`order-${index}`);
      await untilDelivered(id, 15);
      const all = await deliveries(id, '?limit=200');
      const paged: unknown[] = [];
      for (let cursor = ''; ;) {
        const { body } = await get(
          `${server.url}/webhooks/${id}/deliveries?limit=4&state=delivered${cursor}`,
        );
        paged.push(...body.deliveries);
        if (body.next_cursor === null) break;
        cursor = `&cursor=${body.next_cursor}`;
      }
      expect(paged).toEqual(all);
      expect((await get(`${server.url}/webhooks/${id}/deliveries?cursor=bzE`)).status).toBe(400);
    });
  });

/** An answer that says 200 and has no end. */
function flood(response: ServerResponse): void {
  response.writeHead(200);
  const write = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  };
  response.on('drain', write);
  write();
}

/** A status line, then a byte now and then, and no end. */
function drip(response: ServerResponse): void {
  response.writeHead(500);
  const timer = setInterval(() => response.write('x'), 20);
  response.on('close', () => clearInterval(timer));
}
