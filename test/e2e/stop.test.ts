import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { temporaryDatabase } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, until } from '../support/client.js';
import { KeptConnection } from '../support/kept.js';
import { RawClient, request } from '../support/raw.js';
import { Receiver } from '../support/receiver.js';
import { ServerProcess } from '../support/server.js';
import { rows } from '../support/database.file.js';

describe('a server that is told to stop', () => {
  let database: ReturnType<typeof temporaryDatabase>;
  let server: ServerProcess | undefined;
  let receiver: Receiver; // does the work of the orders
  let PROCESSOR_URL: string;
  let held: ServerResponse[];
  beforeEach(async () => {
    database = temporaryDatabase();
    receiver = new Receiver();
    PROCESSOR_URL = await receiver.open();
    held = [];
  });
  afterEach(async () => {
    await server?.kill();
    server = undefined;
    await receiver.close();
    database.remove();
  });

  const start = async (environment: Record<string, string | number> = {}): Promise<ServerProcess> =>
    (server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSOR: 'http',
      PROCESSOR_URL,
      SHUTDOWN_TIMEOUT_MS: 600_000,
      ...environment,
    }));
  /** Posts an order and waits until it is being worked on: until `finishWork`. */
  async function startWork({ url }: ServerProcess, order_id: string): Promise<void> {
    receiver.reply = (response) => void held.push(response);
    await post(`${url}/orders`, anOrder({ order_id }));
    await until(
      () => get(`${url}/orders/${order_id}`),
      ({ body }) => body.status === 'Processing',
    );
  }
  function finishWork(): void {
    receiver.reply = (response) => void response.end();
    for (const response of held) response.end();
  }
  const status = (order_id: string) =>
    rows<{ status: string }>(database.url, 'SELECT status FROM orders WHERE order_id = ?', order_id)[0]
      ?.status;
  const lastReason = () =>
    rows<{ reason: string }>(database.url, 'SELECT reason FROM order_history ORDER BY id DESC LIMIT 1')[0]
      ?.reason;
  const isDraining = ({ url }: ServerProcess) =>
    until(
      () => get(`${url}/health/ready`),
      (ready) => ready.status === 503,
    );

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s, idle: exits with 0 at once', async (signal) => {
    const { url } = await start();
    await get(`${url}/health/live`); // leaves a kept-alive connection behind
    expect(await server?.stop(signal)).toBe(0); // of the time-outs, which are long, none is waited for
    expect(server?.log.at(-1)).toContain('stopped');
  });

  it('finishes what runs, answers meanwhile that it is not ready, and exits with 0', async () => {
    const running = await start();
    await startWork(running, 'runs');
    const exit = running.stop('SIGTERM');
    const ready = await isDraining(running);
    expect(ready.headers.get('retry-after')).toBe('1');
    expect((await get(`${running.url}/orders/runs`)).body.status).toBe('Processing');
    finishWork();
    expect(await exit).toBe(0);
    expect(status('runs')).toBe('Completed');
    await expectSound(database.file);
  });

  it('hands back what still runs after SHUTDOWN_TIMEOUT_MS, and the next start processes it', async () => {
    const first = await start({ SHUTDOWN_TIMEOUT_MS: 100 });
    await startWork(first, 'long');
    expect(await first.stop('SIGTERM')).toBe(0);
    expect([status('long'), lastReason()]).toEqual(['Pending', 'released at shutdown']);

    finishWork();
    const second = await start();
    const { body } = await until(
      () => get(`${second.url}/orders/long`),
      (order) => order.body.status === 'Completed',
    );
    expect(body.attempts).toBe(2);
    await second.stop();
    await expectSound(database.file);
  });

  it('takes orders while it drains, and the next start processes them', async () => {
    const first = await start();
    await startWork(first, 'runs');
    const exit = first.stop('SIGTERM');
    await isDraining(first);
    expect((await post(`${first.url}/orders`, anOrder({ order_id: 'late' }))).status).toBe(201);
    finishWork();
    expect(await exit).toBe(0);
    expect(status('late')).toBe('Pending');

    const second = await start();
    await until(
      () => get(`${second.url}/orders/late`),
      ({ body }) => body.status === 'Completed',
    );
  });

  it('says that it is not ready, and goes on, for SHUTDOWN_DELAY_MS, though nothing runs', async () => {
    const running = await start({ SHUTDOWN_DELAY_MS: 1000 });
    const stoppedMs = performance.now();
    const exit = running.stop('SIGTERM');
    await isDraining(running);
    expect((await post(`${running.url}/orders`, anOrder({ order_id: 'late' }))).status).toBe(201);
    expect(await exit).toBe(0);
    expect(performance.now() - stoppedMs).toBeGreaterThanOrEqual(1000);
  });

  it('answers every request that it takes: one that is reset as its kept connection ends is not stored', async () => {
    const { url } = await start();
    let stopping: Promise<number | null> | undefined;
    const acknowledged = await Promise.all(
      Array.from({ length: 50 }, async (_, client) => {
        const connection = new KeptConnection(`${url}/orders`);
        const orderIds: string[] = [];
        for (let isOpen = true; isOpen;) {
          if (client === 0 && orderIds.length === 10) stopping = server?.stop('SIGTERM');
          const order_id = `order-${client}-${orderIds.length}`;
          const answer = await connection
            .post(anOrder({ order_id }))
            .catch((error: NodeJS.ErrnoException) => {
              if (!stopping || !['ECONNRESET', 'EPIPE'].includes(error.code ?? '')) throw error;
            });
          if (!answer) break;
          expect(answer.status).toBe(201);
          orderIds.push(order_id);
          isOpen = answer.isOpen;
        }
        return orderIds;
      }),
    );
    expect(await stopping).toBe(0);
    expect(acknowledged.filter((orderIds) => orderIds.length === 0)).toEqual([]);
    const stored = rows<{ order_id: string }>(database.url, 'SELECT order_id FROM orders');
    expect(new Set(stored.map(({ order_id }) => order_id))).toEqual(new Set(acknowledged.flat()));
    await expectSound(database.file);
  });

  it('answers a request whose body was still on its way', async () => {
    const running = await start();
    await startWork(running, 'runs');
    const client = await RawClient.open(running.url);
    const whole = request('POST', '/orders', JSON.stringify(anOrder({ order_id: 'on-its-way' })));
    await client.send(whole.slice(0, -10));
    const exit = running.stop('SIGTERM');
    await isDraining(running);
    await client.send(whole.slice(-10));
    await client.end();
    expect(client.answers.map((answer) => answer.status)).toEqual([201]);
    finishWork();
    expect(await exit).toBe(0);
    expect(status('on-its-way')).toBe('Pending');
  });

  it.each([
    ['said nothing', ''],
    ['stopped in the middle of its headers', 'POST /orders HTTP/1.1\r\nHost:'],
    ['stopped in the middle of its body', request('POST', '/orders', JSON.stringify(anOrder())).slice(0, -5)],
  ])('does not wait for a client that %s for longer than SHUTDOWN_TIMEOUT_MS', async (_, bytes) => {
    const { url } = await start({ SHUTDOWN_TIMEOUT_MS: 200 });
    const client = await RawClient.open(url);
    if (bytes) await client.send(bytes);
    await get(`${url}/health/live`); // by now the server has the bytes
    const exit = server?.stop('SIGTERM');
    await client.end();
    expect(await exit).toBe(0);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    'again by %s, after npm may have echoed the first, exits at once with %i',
    async (signal, code) => {
      const running = await start();
      await startWork(running, 'runs');
      const exit = once(running.process, 'exit');
      running.process.kill(signal);
      await isDraining(running);
      const impatience = setInterval(() => running.process.kill(signal), 50);
      expect(await exit).toEqual([code, null]);
      clearInterval(impatience);
      expect(status('runs')).toBe('Processing'); // the next start takes it back
    },
  );

  it('by an uncaught error: logs it, finishes what runs, and exits with 1', async () => {
    const bomb = `process.on('SIGUSR2', () => { throw new Error('nobody caught this'); })`;
    const running = await start({
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(bomb)}"`,
    });
    await startWork(running, 'runs');
    const exit = once(running.process, 'exit');
    running.process.kill('SIGUSR2');
    await isDraining(running);
    finishWork();
    expect(await exit).toEqual([1, null]);
    expect(running.log.join('\n')).toContain('nobody caught this');
    expect(status('runs')).toBe('Completed');
    await expectSound(database.file);
  });
});
