import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, until, type Answer } from '../support/client.js';
import { KeptConnection } from '../support/kept.js';
import { ServerProcess } from '../support/server.js';
import { having, HeldWork } from '../support/test.work.js';

const LIMIT = 50;
const SLOTS = 4;

describe('a full backlog', () => {
  let server: RunningApp;
  let work: HeldWork;
  const database = temporaryDatabase();

  beforeAll(async () => {
    work = new HeldWork();
    server = await startApp({
      config: { DATABASE_URL: database.url, QUEUE_MAX_PENDING: LIMIT, PROCESSOR_CONCURRENCY: SLOTS },
      override: having(work),
    });
    for (let index = 0; index < SLOTS; index++) await post(`${server.url}/orders`, anOrder());
    await until(
      () => get(`${server.url}/metrics`),
      ({ body }) => body.processing_orders === SLOTS,
    );
  });
  afterAll(async () => {
    await server.close();
    database.remove();
  });

  const postMany = (count: number): Promise<Answer[]> =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        post(`${server.url}/orders`, anOrder({ order_id: `order-${index}` })),
      ),
    );

  it('takes exactly QUEUE_MAX_PENDING of many orders that come at once, and refuses the rest with 503', async () => {
    const answers = await postMany(200);
    const accepted = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 503);
    expect([accepted.length, refused.length]).toEqual([LIMIT, 150]);
    for (const { headers, body } of refused) {
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.detail).toBe('50 orders are waiting already; please try again later.');
    }
    const { body } = await get(`${server.url}/metrics`);
    expect([body.pending_orders, body.processing_orders]).toEqual([LIMIT, SLOTS]);
  });

  it('takes of a batch what there is room for, and refuses the rest one by one', async () => {
    const [waiting] = (await get(`${server.url}/orders?status=Pending&limit=1`)).body.orders;
    expect((await post(`${server.url}/orders/${waiting.order_id}/cancel`)).status).toBe(200);
    const { status, body } = await post(`${server.url}/orders/batch`, {
      orders: [anOrder(), anOrder(), anOrder()],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 1, rejected: 2 });
    expect(body.results.map(({ status_code }: { status_code: number }) => status_code)).toEqual([
      201, 503, 503,
    ]);
  });

  it('still answers reads, cancels and repeats, and a cancel makes room for one', async () => {
    expect((await get(`${server.url}/orders?limit=1`)).status).toBe(200);
    const [waiting] = (await get(`${server.url}/orders?status=Pending&limit=1`)).body.orders;
    expect((await post(`${server.url}/orders/${waiting.order_id}/cancel`)).status).toBe(200);
    expect((await post(`${server.url}/orders`, anOrder())).status).toBe(201);
    expect((await post(`${server.url}/orders`, anOrder())).status).toBe(503);
  });

  it('answers the repeat of an accepted order as a repeat, not with 503', async () => {
    const [waiting] = (await get(`${server.url}/orders?status=Pending&limit=50`)).body.orders.filter(
      ({ order_id }: { order_id: string }) => order_id.startsWith('order-'),
    );
    const repeat = await post(`${server.url}/orders`, anOrder({ order_id: waiting.order_id }));
    expect([repeat.status, repeat.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
  });

  it('takes orders again when the backlog shrinks, and has lost none', async () => {
    work.release();
    await until(
      () => get(`${server.url}/metrics`),
      ({ body }) => body.pending_orders + body.processing_orders === 0,
    );
    const answers = await postMany(20); // of which some were taken before
    expect(answers.every(({ status }) => status === 201 || status === 200 || status === 409)).toBe(true);
    const { body } = await until(
      () => get(`${server.url}/metrics`),
      ({ body }) => body.pending_orders + body.processing_orders === 0,
    );
    const taken = answers.filter(({ status }) => status === 201).length;
    expect([body.completed_orders, body.cancelled_orders]).toEqual([SLOTS + LIMIT + taken, 2]);
    await expectSound(database.file);
  });
});

describe('a server with little memory', () => {
  const itemIds = Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(128, 'x'));

  it('forgets a request that is answered, though its connection stays open', async () => {
    const database = temporaryDatabase();
    const server = await ServerProcess.start({
      DATABASE_URL: database.url,
      NODE_OPTIONS: '--max-old-space-size=128',
    });
    try {
      const order = anOrder({ item_ids: itemIds, total_amount: -1 });
      const batch = Buffer.from(JSON.stringify({ orders: Array.from({ length: 29 }, () => order) }));
      const connections = Array.from({ length: 60 }, () => new KeptConnection(`${server.url}/orders/batch`));
      for (const connection of connections)
        expect(await connection.post(batch)).toMatchObject({ isOpen: true });
      for (const connection of connections) connection.close();
    } finally {
      await server.stop();
      database.remove();
    }
  }, 30_000);

  it('stays alive and answers under 200 connections of the largest bodies', async () => {
    const database = temporaryDatabase();
    const server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 0,
      NODE_OPTIONS: '--max-old-space-size=256',
    });
    try {
      const order = anOrder({ item_ids: itemIds });
      const body = Buffer.from(JSON.stringify(order));
      const batch = Buffer.from(JSON.stringify({ orders: Array.from({ length: 29 }, () => order) }));
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          index % 2 === 0
            ? new KeptConnection(`${server.url}/orders/batch`).post(batch)
            : new KeptConnection(`${server.url}/orders`).post(body),
        ),
      );
      expect(answers.filter(({ status }) => ![200, 201, 503].includes(status ?? 0))).toEqual([]);
      expect(server.process.exitCode).toBeNull();
      expect((await get(`${server.url}/health/ready`)).status).toBe(200);
    } finally {
      await server.stop();
      database.remove();
    }
  }, 90_000);
});
