import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, until } from '../support/client.js';
import { having, HeldWork, TestWork } from '../support/test.work.js';
import { PermanentFailure } from '../../src/processing/order.handler.js';

const times = <Result>(count: number, make: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const settled = ({ body }: { body: { pending_orders: number; processing_orders: number } }) =>
  body.pending_orders + body.processing_orders === 0;

describe('of two that want the same order', () => {
  let server: RunningApp;
  let work: TestWork;
  const database = temporaryDatabase();

  beforeAll(async () => {
    work = new TestWork(async ({ userId }) => {
      if (userId === 'hopeless') throw new PermanentFailure('hopeless', 'it cannot be done');
    });
    server = await startApp({ config: { DATABASE_URL: database.url }, override: having(work) });
  });
  afterAll(async () => {
    await server.close();
    await expectSound(database.file);
    database.remove();
  });

  it('either the cancel or the start wins, never both', async () => {
    for (let round = 0; round < 200; round++) {
      const id = `raced-${round}`;
      const answers = post(`${server.url}/orders`, anOrder({ order_id: id }));
      if (round % 2 === 0) await answers; // half of the cancels overtake the answer to the order itself
      const cancel = await until(
        () => post(`${server.url}/orders/${id}/cancel`),
        ({ status }) => status !== 404,
      );
      expect((await answers).status).toBe(201);
      expect([200, 409]).toContain(cancel.status);
      const { body } = await until(
        () => get(`${server.url}/orders/${id}`),
        (answer) => ['Completed', 'Cancelled'].includes(answer.body.status),
      );
      expect(body.status).toBe(cancel.status === 200 ? 'Cancelled' : 'Completed');
      expect(work.attemptsOf(id)).toBe(cancel.status === 200 ? 0 : 1);
    }
  });

  it('one retry of a Failed order wins, the others are told', async () => {
    await post(`${server.url}/orders`, anOrder({ order_id: 'failed', user_id: 'hopeless' }));
    const isFailed = () =>
      until(
        () => get(`${server.url}/orders/failed`),
        ({ body }) => body.status === 'Failed',
      );
    await isFailed();
    const answers = await times(8, () => post(`${server.url}/orders/failed/retry`));
    const won = answers.filter(({ status }) => status === 200).length;
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    await isFailed();
    expect(won).toBeGreaterThan(0);
    expect(work.attemptsOf('failed')).toBe(1 + won); // a second winner only after the first one's attempt had failed
  });

  it.each(['order_id', 'Idempotency-Key'])('64 equal creates at once by %s make one order', async (by) => {
    const [body, headers] =
      by === 'order_id'
        ? [anOrder({ order_id: 'equal' }), {}]
        : [anOrder({ user_id: 'key' }), { 'idempotency-key': 'equal' }];
    const answers = await times(64, () => post(`${server.url}/orders`, body, headers));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const replays = answers.filter(({ status }) => status === 200);
    expect(replays).toHaveLength(63);
    expect(replays.every((replay) => replay.headers.get('idempotent-replayed') === 'true')).toBe(true);
    const ids = new Set(answers.map((answer) => answer.body.order_id));
    expect(ids.size).toBe(1);
    await until(() => get(`${server.url}/metrics`), settled);
    expect(work.attemptsOf([...ids][0])).toBe(1);
    const user = by === 'order_id' ? '' : '?user_id=key';
    if (user) expect((await get(`${server.url}/orders${user}`)).body.orders).toHaveLength(1);
  });

  it('an order that is over stays as it is', async () => {
    for (const [id, status] of [
      ['equal', 'Completed'],
      ['failed', 'Failed'],
    ]) {
      const before = (await get(`${server.url}/orders/${id}`)).body;
      expect(before.status).toBe(status);
      expect((await post(`${server.url}/orders/${id}/cancel`)).status).toBe(409);
      if (status !== 'Failed') expect((await post(`${server.url}/orders/${id}/retry`)).status).toBe(409);
      expect((await get(`${server.url}/orders/${id}`)).body).toEqual(before);
    }
  });
});

describe('retrying Failed orders in bulk', () => {
  it('takes those that the filter names, the oldest first, and says whether there are more', async () => {
    let hopeless = true;
    const work = new TestWork(async () => {
      if (hopeless) throw new PermanentFailure('hopeless', 'it cannot be done');
    });
    const server = await startApp({ override: having(work) });
    try {
      const create = (id: string, user: string) =>
        post(`${server.url}/orders`, anOrder({ order_id: id, user_id: user }));
      for (let index = 0; index < 5; index++) await create(`a-${index}`, 'a');
      await until(() => get(`${server.url}/metrics`), settled);
      const failed = (await get(`${server.url}/orders?limit=1`)).body.orders[0].updated_at;
      const later = new Date(Date.parse(failed) + 1).toISOString();
      await until(
        async () => Date.now(),
        (now) => now > Date.parse(later),
      );
      for (let index = 0; index < 5; index++) await create(`b-${index}`, 'b');
      await until(() => get(`${server.url}/metrics`), settled);

      hopeless = false;
      const retry = async (filter: object) => (await post(`${server.url}/orders/retry`, filter)).body;
      expect(await retry({ user_id: 'nobody' })).toEqual({ retried: 0, has_more: false });
      expect(await retry({ failed_from: later, user_id: 'a' })).toEqual({ retried: 0, has_more: false });
      expect(await retry({ user_id: 'a', limit: 2 })).toEqual({ retried: 2, has_more: true });
      expect(await retry({ failed_to: failed, limit: 3 })).toEqual({ retried: 3, has_more: false });
      expect(await retry({ failed_from: later, limit: 4 })).toEqual({ retried: 4, has_more: true });
      expect(await retry({})).toEqual({ retried: 1, has_more: false });
      await until(
        () => get(`${server.url}/metrics`),
        ({ body }) => body.completed_orders === 10,
      );
      const names = work.started.slice(10).map(({ orderId }) => orderId);
      expect(names).toEqual(['a-0', 'a-1', 'a-2', 'a-3', 'a-4', 'b-0', 'b-1', 'b-2', 'b-3', 'b-4']);
    } finally {
      await server.close();
    }
  });
});

describe('a restart', () => {
  it('keeps a retry waiting for its back-off, and does not make the others wait for it', async () => {
    const database = temporaryDatabase();
    const config = {
      DATABASE_URL: database.url,
      RETRY_BACKOFF_MS: 86_400_000,
      RETRY_BACKOFF_MAX_MS: 86_400_000,
    };
    const failing = new TestWork(async () => {
      throw new Error('not today');
    });
    const first = await startApp({ config, override: having(failing) });
    await post(`${first.url}/orders`, anOrder({ order_id: 'waits' }));
    const waiting = await until(
      () => get(`${first.url}/orders/waits`),
      ({ body }) => body.status === 'Pending' && body.attempts === 1,
    );
    expect(waiting.body.error).toEqual({
      code: 'handler_error',
      message: 'the work on the order failed',
      attempt: 1,
    });
    await first.close();

    const work = new HeldWork();
    work.release();
    const second = await startApp({ config, override: having(work) });
    try {
      await post(`${second.url}/orders`, anOrder({ order_id: 'other' }));
      await until(
        () => get(`${second.url}/orders/other`),
        ({ body }) => body.status === 'Completed',
      );
      expect((await get(`${second.url}/orders/waits`)).body).toMatchObject({
        status: 'Pending',
        attempts: 1,
      });
      expect(work.attemptsOf('waits')).toBe(0);
    } finally {
      await second.close();
      await expectSound(database.file);
      database.remove();
    }
  });
});
