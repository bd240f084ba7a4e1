import { inspect } from 'node:util';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { anOrder, get, post, until } from '../support/client.js';
import { rows } from '../support/database.file.js';
import { having, TestWork } from '../support/test.work.js';

const strange = Object.assign(new Error(), { message: { not: 'text' } });
const uninspectable = {
  [inspect.custom]() {
    throw new Error('do not look at me');
  },
};
const unreadable = Object.defineProperty(new Error(), 'message', {
  get() {
    throw new Error('do not read me');
  },
});
const reject = (reason: unknown) => Promise.reject(reason); // oxlint-disable-line typescript/prefer-promise-reject-errors -- the point of it

/** Work gone wrong, by the user id of the order, and what the log must say of it. */
const WRONGS: Record<string, [work: () => Promise<void>, message: RegExp]> = {
  'throws at once': [
    () => {
      throw new Error('at once');
    },
    /^at once$/,
  ],
  'rejects with undefined': [() => reject(undefined), /^undefined$/],
  'rejects with a string': [() => reject('just text'), /just text/],
  'rejects with an object without prototype': [() => reject(Object.create(null)), /null prototype/],
  'rejects with an error whose message is no text': [() => reject(strange), /./],
  'rejects with what cannot be inspected': [() => reject(uninspectable), /./],
  'rejects with an error that cannot be read': [() => reject(unreadable), /./],
  hangs: [() => new Promise(() => undefined), /took longer than 50 ms/],
};

describe('a handler that goes wrong', () => {
  let server: RunningApp;
  const database = temporaryDatabase();
  const late: PromiseWithResolvers<void>[] = [];

  beforeAll(async () => {
    const work = new TestWork(({ userId, attempt }) => {
      if (userId !== 'late') return WRONGS[userId]?.[0]() ?? Promise.resolve();
      late[attempt] = Promise.withResolvers();
      return late[attempt].promise;
    });
    const config = {
      DATABASE_URL: database.url,
      ATTEMPT_TIMEOUT_MS: 50,
      MAX_ATTEMPTS: 2,
      RETRY_BACKOFF_MS: 0,
    };
    server = await startApp({ config, override: having(work) });
  });
  afterAll(async () => {
    await server.close();
    database.remove();
  });

  const create = (id: string, user_id: string) =>
    post(`${server.url}/orders`, anOrder({ order_id: id, user_id }));
  const reaches = (id: string, status: string) =>
    until(
      () => get(`${server.url}/orders/${id}`),
      ({ body }) => body.status === status,
      5000,
    );

  it.each(Object.entries(WRONGS))(
    '%s: fails its own order, and no other; only the log is told its words',
    async (name, [, message]) => {
      const logged: string[] = [];
      const note = (line: unknown) => void logged.push(String(line));
      server.app.useLogger({ log: note, warn: note, error: note, fatal: note });
      const id = name.replaceAll(' ', '-');
      await create(id, name);
      await create(`after-${id}`, 'well');
      await reaches(`after-${id}`, 'Completed');
      const { body } = await reaches(id, 'Failed');
      expect(body.attempts).toBe(2);
      if (name === 'hangs')
        return expect(body.error).toEqual({
          code: 'timeout',
          message: expect.stringMatching(message),
          attempt: 2,
        });
      expect(body.error).toEqual({
        code: 'handler_error',
        message: 'the work on the order failed',
        attempt: 2,
      });
      const head = `order ${id}, attempt 2: `;
      const details = logged.filter((line) => line.startsWith(head)).map((line) => line.slice(head.length));
      expect(details).toEqual([expect.stringMatching(message)]);
    },
  );

  it('resolves after its time-out: the late completion counts for nothing', async () => {
    await create('late', 'late');
    await until(
      async () => late[2],
      (second) => second !== undefined,
    );
    late[1]?.resolve(); // the first attempt, while the second runs
    const { body } = await reaches('late', 'Failed');
    expect(body).toMatchObject({ attempts: 2, completed_at: null, error: { code: 'timeout', attempt: 2 } });
    late[2]?.resolve();
    await create('after-late', 'well');
    await reaches('after-late', 'Completed');
    expect((await get(`${server.url}/orders/late`)).body).toEqual(body);
  });

  it('holds the number of an old attempt: the store refuses its moves', async () => {
    await create('fenced', 'late');
    const { body } = await reaches('fenced', 'Failed');
    const [order] = rows<{ seq: number }>(database.url, `SELECT seq FROM orders WHERE order_id = 'fenced'`);
    const store = server.app.get(OrdersStore);
    const seq = order?.seq ?? 0;
    const at = Date.now();
    for (const to of ['Completed', 'Pending', 'Failed'] as const)
      expect(await store.transition({ seq, from: 'Processing', to, attempt: 1, at })).toBeUndefined();

    await store.transition({ seq, from: 'Failed', to: 'Pending', at });
    await store.transition({ seq, from: 'Pending', to: 'Processing', at, owner: 'somebody else' });
    expect(
      await store.transition({ seq, from: 'Processing', to: 'Completed', attempt: 2, at }),
    ).toBeUndefined();
    expect(
      await store.transition({ seq, from: 'Processing', to: 'Completed', attempt: 3, at }),
    ).toMatchObject({
      status: 'Completed',
      attempts: 3,
    });
    expect(body.attempts).toBe(2);
  });

  it('leaves accounts that add up', async () => {
    await expectSound(database.file);
  });
});
