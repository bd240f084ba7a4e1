import { HISTORY, KEYS, ORDERS, type CopiedTable } from '../../src/copy/columns.js';
import { copySql } from '../../src/copy/sql/dialects.js';
import type { OrderRequest } from '../../src/domain/order.js';
import { CountersReader } from '../../src/metrics/counters.reader.js';
import { booksOf, findingsIn, PLACES, withDatabase, type DatabaseKind } from '../support/any.database.js';
import { anOrder, get, post, until } from '../support/client.js';
import { SCOPES } from '../../src/http/access/scopes.js';
import { CopyCommand } from '../support/copy.command.js';
import { createKey, idOf } from '../support/keys.js';
import { createSample } from '../support/sample.orders.js';
import { ServerProcess } from '../support/server.js';

const { file, postgres, mysql } = PLACES;

/** Enough for a chunk of 2,000 to be cut because of its long orders. */
const SAMPLE = 2000;

describe('db:copy', () => {
  let source: string;
  let requests: OrderRequest[];
  const removals: (() => Promise<void>)[] = [];
  const create = async (place: DatabaseKind) => {
    const { url, remove } = await place.create();
    removals.push(remove);
    return url;
  };
  const start = async (environment: Record<string, string | number>) => {
    const server = await ServerProcess.start(environment);
    removals.push(() => server.kill());
    return server;
  };
  const last = (url: string) => withDatabase(url, (database) => copySql(database).lastNumber());
  const run = (url: string, ...sql: string[]) =>
    withDatabase(url, (database) =>
      database.transaction(async (query) => {
        for (const statement of sql) await query(statement);
      }),
    );
  const copied = async (place: DatabaseKind) => {
    const url = await create(place);
    expect(await CopyCommand.run(source, url)).toMatchObject({
      code: 0,
      said: expect.stringContaining('equal'),
    });
    return url;
  };

  beforeAll(async () => {
    source = await create(file);
    requests = await createSample(source, SAMPLE);
  }, 60_000);
  afterAll(async () => {
    for (const remove of removals.toReversed()) await remove(); // a server before its database
  });

  (postgres.isThere && mysql.isThere ? it : it.skip)(
    'gives back, after SQLite → PostgreSQL → MariaDB → SQLite, exactly what there was',
    async () => {
      const ring = [source, await create(postgres), await create(mysql), await create(file)];
      const sums = new Set<string | undefined>();
      for (const [index, to] of ring.slice(1).entries()) {
        const { code, said } = await CopyCommand.run(ring[index] ?? '', to);
        expect([code, said]).toEqual([0, expect.stringContaining(`${SAMPLE} orders written, 0 were equal`)]);
        for (const [, sum] of said.matchAll(/SHA-256 (\w{64})/g)) sums.add(sum);
        expect(await booksOf(to)).toEqual(await booksOf(source));
        expect(await last(to)).toBe(await last(source));
        expect(await withDatabase(to, (database) => new CountersReader(database).counts())).toEqual(
          await withDatabase(source, (database) => new CountersReader(database).counts()),
        );
      }
      expect(sums.size).toBe(1);
    },
    120_000,
  );

  it('knows every column that there is', async () => {
    const books = await booksOf(source);
    expect(Object.keys(books.orders[0] ?? {}).toSorted()).toEqual(namesOf(ORDERS));
    expect(Object.keys(books.history[0] ?? {}).toSorted()).toEqual(namesOf(HISTORY));
    expect(Object.keys(books.keys[0] ?? {}).toSorted()).toEqual(namesOf(KEYS));
  });

  for (const place of [file, postgres, mysql])
    describe(`to ${place.name}`, () => {
      const promise = place.isThere ? it : it.skip;

      promise(
        'takes along API keys, and webhooks with their positions and what is not delivered, also the second time',
        async () => {
          const [from, to] = [await create(file), await create(place)];
          const webhook = (id: string, state: string) => `
          INSERT INTO webhooks (id, url, statuses, secrets, state, accepted, transitioned, owner, lease_until, created_at, updated_at)
          VALUES ('${id}', 'https://x/', '["Failed"]', '[]', '${state}', 17, 40, 'me', 99, 1, 2)`;
          const message = (webhookId: string, id: string, state: string) => `
          INSERT INTO webhook_deliveries (webhook_id, message_id, order_seq, state, next_attempt_at, created_at, payload)
          VALUES ('${webhookId}', '${id}', 7, '${state}', 5, 6, '{"a":"\u{1F4E6}"}')`;
          await run(from, webhook('one', 'enabled'), webhook('off', 'disabled'), webhook('gone', 'deleted'));
          await run(
            from,
            ...['a', 'b', 'c'].map((id) => message('one', id, id === 'b' ? 'delivered' : 'pending')),
            message('gone', 'd', 'pending'),
          );
          const key = await createKey(from);
          await createKey(to); // the target's own are gone
          const all = (url: string) =>
            withDatabase(url, async ({ read }) => ({
              keys: await read<Record<string, unknown>>('SELECT * FROM api_keys ORDER BY id'),
              webhooks: await read<Record<string, unknown>>('SELECT * FROM webhooks ORDER BY id'),
              messages: await read<Record<string, unknown>>('SELECT * FROM webhook_deliveries ORDER BY id'),
            }));
          for (let time = 1; time <= 2; time++) {
            const { code, said } = await CopyCommand.run(from, to);
            expect([code, said]).toEqual([
              0,
              expect.stringContaining('2 webhooks and 2 undelivered messages written'),
            ]);
            const { keys, webhooks, messages } = await all(to);
            expect(keys.map(({ id, scopes }) => [id, scopes])).toEqual([[idOf(key), SCOPES.join(' ')]]);
            expect(webhooks.map(({ id, state }) => [id, state])).toEqual([
              ['off', 'disabled'],
              ['one', 'enabled'],
            ]);
            for (const { accepted, transitioned, owner, statuses } of webhooks)
              expect([Number(accepted), Number(transitioned), owner, statuses]).toEqual([
                17,
                40,
                null,
                '["Failed"]',
              ]);
            expect(messages.map(({ message_id, payload }) => [message_id, payload])).toEqual([
              ['a', '{"a":"\u{1F4E6}"}'],
              ['c', '{"a":"\u{1F4E6}"}'],
            ]);
          }
        },
      );

      promise.each(['SIGKILL', 'SIGINT'] as const)(
        'goes on after a %s, copies only the rest, and then nothing any more',
        async (signal) => {
          const target = await create(place);
          const chunks = ['--chunk', '10'];
          const first = await CopyCommand.interrupted(source, target, chunks, signal);
          expect(first.code).toBe(signal === 'SIGINT' ? 130 : null);
          const there = (await booksOf(target)).orders.length;
          expect(there).toBeGreaterThan(0);
          expect(there).toBeLessThan(SAMPLE);
          const second = await CopyCommand.run(source, target, ...chunks);
          expect(second).toMatchObject({ code: 0 });
          expect(second.said).toContain(`${SAMPLE - there} orders written, ${there} were equal already`);
          const books = await booksOf(target);
          const third = await CopyCommand.run(source, target);
          expect(third).toMatchObject({ code: 0 });
          expect(third.said).toContain(`0 orders written, ${SAMPLE} were equal already`);
          expect(await booksOf(target)).toEqual(books);
          expect(books).toEqual(await booksOf(source));
        },
        120_000,
      );

      promise(
        'finds a difference in any column, a lost order, entry or key, and mends them',
        async () => {
          const target = await copied(place);
          const damages = [
            (seq: number) => `DELETE FROM order_history WHERE order_seq = ${seq}`, // of orders that were started
            ...damagesTo(HISTORY, 'order_seq', ['id', 'order_seq']),
            (seq: number) => `DELETE FROM orders WHERE seq = ${seq}`,
            ...damagesTo(ORDERS, 'seq', ['seq', 'order_id']),
            (seq: number) => `DELETE FROM order_keys WHERE order_seq BETWEEN ${seq} AND ${seq + 10}`, // each tenth has one
          ];
          const orders = (await booksOf(source)).orders as { seq: string }[];
          const seqOf = (index: number) => Number(orders[index * 50 + 20]?.seq); // each in another chunk
          await run(target, ...damages.map((damage, index) => damage(seqOf(index))));
          const books = await booksOf(target);
          const verified = await CopyCommand.run(source, target, '--chunk', '50', '--verify');
          expect(verified.code).toBe(1);
          expect(verified.said).toContain('the checksums differ');
          expect(verified.said).toContain(`${damages.length} chunks differ; orders number 1 to `);
          expect(await booksOf(target)).toEqual(books);
          const mended = await CopyCommand.run(source, target, '--chunk', '50');
          expect(mended).toMatchObject({ code: 0 });
          expect(mended.said).toContain(`${damages.length * 50} orders written`);
          expect(await booksOf(target)).toEqual(await booksOf(source));
        },
        120_000,
      );

      promise(
        'reports counters and numbers that are wrong, and mends them',
        async () => {
          const target = await copied(place);
          await run(
            target,
            `UPDATE order_counters SET value = value + 1 WHERE name IN ('Completed', 'wait_ms')`,
            TURN_BACK[place.name] ?? '',
          );
          const { code, said } = await CopyCommand.run(source, target, '--verify');
          expect(code).toBe(1);
          for (const wrong of [
            "the target's counter Completed is",
            "the target's counter wait_ms is",
            'number 6 next',
          ])
            expect(said).toContain(wrong);
          expect(await CopyCommand.run(source, target)).toMatchObject({ code: 0 });
          expect((await booksOf(target)).counters).toEqual((await booksOf(source)).counters);
          expect(await last(target)).toBe(await last(source));
        },
        60_000,
      );

      promise.each([
        [
          'another order at a number',
          `UPDATE orders SET order_id = 'foreign' WHERE seq = 1990`,
          'an order foreign at',
        ],
        [
          'an order in a gap',
          `UPDATE orders SET seq = 2 WHERE seq = 1990`,
          'at number 2, and the source does not',
        ],
        [
          'an order under another number',
          `UPDATE orders SET seq = 2180 WHERE seq = 1`,
          'under other numbers',
        ],
        [
          'an order beyond the last',
          `UPDATE orders SET seq = 9000 WHERE seq = 1990`,
          'holds orders up to number 9000',
        ],
        [
          'a step that came later',
          `UPDATE order_history SET id = 99999 WHERE id = 7`,
          'has processed orders since',
        ],
        [
          'a key that came later',
          `INSERT INTO order_keys (idempotency_key, order_seq) VALUES ('foreign', 7)`,
          'asked for with a key there',
        ],
        ['a step of another order', `UPDATE order_history SET order_seq = 1990 WHERE id = 7`, 'no copy of'],
      ])('leaves a target alone that holds %s', async (_, sql, why) => {
        const target = await copied(place);
        await run(target, sql, `UPDATE orders SET total_amount = 1 WHERE seq = 1990`);
        const books = await booksOf(target);
        const { code, said } = await CopyCommand.run(source, target, '--chunk', '50');
        expect(code).toBe(1);
        expect(said).toContain(why);
        expect(await booksOf(target)).toEqual(books);
      });

      promise(
        'leaves a server on the target that goes on where the source stopped',
        async () => {
          const target = await copied(place);
          const server = await start({ DATABASE_URL: target, PROCESSING_TIME_MS: 0 });
          const repeats = requests.slice(0, 50).flatMap((one) => {
            const byId = { ...bodyOf(one), order_id: one.orderId };
            return one.idempotencyKey
              ? [
                  { body: byId, one },
                  { body: bodyOf(one), one },
                ]
              : [{ body: byId, one }];
          });
          for (const { body, one } of repeats)
            expect(await post(`${server.url}/orders`, body, keyOf(one))).toMatchObject({
              status: 200,
              body: { order_id: one.orderId },
            });
          const fresh = Array.from({ length: 20 }, (_, index) => `new-${index}`);
          for (const order_id of fresh)
            expect((await post(`${server.url}/orders`, anOrder({ order_id }))).status).toBe(201);
          await until(
            () => get(`${server.url}/metrics`),
            ({ body }) => body.pending_orders + body.processing_orders === 0,
          );
          expect(await server.stop()).toBe(0);
          const ids = new Set([...requests.map(({ orderId }) => orderId ?? ''), ...fresh]);
          const promises = { sent: ids, acknowledged: ids, ends: ['Completed', 'Failed', 'Cancelled'] };
          expect(await findingsIn(target, promises)).toEqual([]);
          const [row] = await withDatabase(target, ({ read }) =>
            read<{ first: number }>(`SELECT MIN(seq) AS first FROM orders WHERE order_id LIKE 'new-%'`),
          );
          expect(Number(row?.first)).toBeGreaterThan(await last(source));
          const again = await CopyCommand.run(source, target);
          expect([again.code, again.said]).toEqual([1, expect.stringContaining('is left as it is')]);
        },
        60_000,
      );
    });

  it('refuses a file that a server has, one that is not there, and a copy onto itself', async () => {
    const used = await create(file);
    const server = await start({ DATABASE_URL: used });
    const [from, to] = [await CopyCommand.run(used, source), await CopyCommand.run(source, used)];
    await server.stop();
    for (const { code, said } of [from, to])
      expect([code, said]).toEqual([1, expect.stringContaining('is in use by another Ordermill process')]);
    const missing = await CopyCommand.run(`${used}-missing`, used);
    expect([missing.code, missing.said]).toEqual([
      1,
      expect.stringMatching(/^There is no file .*-missing\.$/),
    ]);
    const { code, said } = await CopyCommand.run(source, source.replace('sqlite:/', 'sqlite:/./'));
    expect([code, said]).toEqual([1, '--from and --to are the same database.']);
  }, 30_000);

  for (const place of [postgres, mysql])
    describe(`from ${place.name}`, () => {
      const promise = place.isThere ? it : it.skip;

      promise('refuses a copy onto itself by another name', async () => {
        const url = await create(place);
        const { code, said } = await CopyCommand.run(url, `${url}?`);
        expect([code, said]).toEqual([1, '--from and --to are the same database.']);
      });

      promise(
        'says that processes are still running, and copies the rest when they have stopped',
        async () => {
          const [from, to] = [await create(place), await create(file)];
          const server = await start({
            DATABASE_URL: from,
            PROCESSING_TIME_MS: 60_000,
            SHUTDOWN_TIMEOUT_MS: 0,
          });
          await post(`${server.url}/orders`, anOrder({ order_id: 'first' }));
          await until(
            () => get(`${server.url}/orders/first`),
            ({ body }) => body.status === 'Processing',
          );
          const early = await CopyCommand.run(from, to);
          expect([early.code, early.said]).toEqual([
            1,
            expect.stringContaining('Processes are still running'),
          ]);
          await post(`${server.url}/orders`, anOrder({ order_id: 'second' }));
          await server.stop();
          expect(await CopyCommand.run(from, to)).toMatchObject({ code: 0 });
          expect(await booksOf(to)).toEqual(await booksOf(from));
        },
        30_000,
      );
    });
});

const TURN_BACK: Record<string, string> = {
  [file.name]: `UPDATE order_counters SET value = 5 WHERE name = 'last_seq'`,
  [postgres.name]: `SELECT setval('orders_seq', 5)`,
  [mysql.name]: 'UPDATE order_sequence SET value = 5',
};

function namesOf({ columns }: CopiedTable): string[] {
  return columns.map(({ name }) => name).toSorted();
}

/** For each column but some, what makes it another value: a number the next, a text with another beginning, and null ''. */
function damagesTo({ name: table, columns }: CopiedTable, key: string, except: string[]) {
  return columns
    .filter(({ name }) => !except.includes(name))
    .map(({ name, kind }) => {
      const other =
        kind === 'number'
          ? `COALESCE(${name}, 0) + 1`
          : `CASE WHEN ${name} IS NULL THEN '' ELSE CONCAT('~', SUBSTR(${name}, 2)) END`;
      return (seq: number) => `UPDATE ${table} SET ${name} = ${other} WHERE ${key} = ${seq}`;
    });
}

/** A request as its client sent it, without its id. */
function bodyOf({ userId, itemIds, totalAmount }: OrderRequest): Record<string, unknown> {
  return { user_id: userId, item_ids: itemIds, total_amount: totalAmount / 100 };
}

function keyOf({ idempotencyKey }: OrderRequest): Record<string, string> {
  return idempotencyKey ? { 'idempotency-key': idempotencyKey } : {};
}
