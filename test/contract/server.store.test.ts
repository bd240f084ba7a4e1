import { EventEmitter2 } from '@nestjs/event-emitter';
import { DatabaseUnavailable, type Database, type Query } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import { BacklogFull } from '../../src/domain/order.errors.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';
import { until } from '../support/client.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest } from '../support/store.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';
import { ordersStoreContract } from './orders.store.contract.js';

const POOL_SIZE = 5;

for (const server of SERVERS) {
  const suite = (await isThere(server)) ? describe : describe.skip;
  const open = async () => {
    const { url, remove } = await createDatabase(server);
    return { database: await openDatabase(url, POOL_SIZE), remove };
  };
  suite(server.name, () => {
    ordersStoreContract(server.name, open);

    describe('the limit of the backlog, with two processes', () => {
      const LIMIT = 10;
      const clock = new HeldClock();
      let opened: Awaited<ReturnType<typeof open>>;
      /** Resolves when the number of Pending orders, once it was read, may go to who asked. */
      let answered: Promise<void> | undefined;
      let reads: number;
      let one: OrdersStore;
      let other: OrdersStore;
      beforeEach(async () => {
        answered = undefined;
        reads = 0;
        opened = await open();
        const { database } = opened;
        const slow = new Proxy(database, {
          get: (target, key) => {
            const value: unknown = Reflect.get(target, key, target);
            if (key !== 'read') return typeof value === 'function' ? (value.bind(target) as unknown) : value; // its private fields are the target's
            return async (...statement: Parameters<Query>) => {
              const rows = await database.read(...statement);
              if (statement[0].includes('order_counters')) await answered;
              reads++;
              return rows;
            };
          },
        });
        const storeOn = async (on: Database) => {
          const store = new OrdersStore(ordersSql(on), clock, new EventEmitter2(), {
            QUEUE_MAX_PENDING: LIMIT,
          });
          await store.onModuleInit();
          return store;
        };
        one = await storeOn(database);
        other = await storeOn(slow);
      });
      afterEach(async () => {
        await opened.database.onApplicationShutdown();
        await opened.remove();
      });
      const insert = (store: OrdersStore) => store.insert(aRequest());
      const fill = (store: OrdersStore, count: number) =>
        store.insertAll(Array.from({ length: count }, () => aRequest()));

      it('is known to the one when the other has reached it a second ago', async () => {
        await fill(one, LIMIT);
        await insert(other); // it does not know yet
        clock.advance(1001);
        let accepted = 0;
        const isRefused = () =>
          insert(other).then(
            () => (accepted++, false),
            (error: unknown) => error instanceof BacklogFull,
          );
        await until(isRefused);
        expect(accepted).toBeLessThan(LIMIT - 1);
      });

      it('refuses nothing a quarter of a second after the other has made room', async () => {
        const receipts = await fill(other, LIMIT);
        const seqs = receipts.flatMap((receipt) => ('value' in receipt ? receipt.value.seq : []));
        await one.transitionAll(
          seqs.map((seq) => ({ seq, from: 'Pending', to: 'Cancelled', at: clock.now() })),
        );
        await expect(insert(other)).rejects.toThrow(BacklogFull);
        clock.advance(251);
        await expect(insert(other)).resolves.toMatchObject({ replayed: false });
      });

      it('counts what it accepts itself while it asks', async () => {
        clock.advance(1001);
        const answer = Promise.withResolvers<void>();
        answered = answer.promise;
        await insert(other); // asks, and does not wait for it
        await fill(other, LIMIT - 1);
        const before = reads;
        answer.resolve();
        await until(async () => reads === before + 2); // the number of Pending orders, and when the newest was accepted
        await expect(insert(other)).rejects.toThrow(BacklogFull);
      });
    });

    it('outlives the loss of any of its connections, and tells who waited', async () => {
      const { database, remove } = await open();
      const [own, kill] =
        database.dialect === 'postgres'
          ? ['SELECT pg_backend_pid() AS id', (id: number) => `SELECT pg_terminate_backend(${id})`]
          : ['SELECT CONNECTION_ID() AS id', (id: number) => `KILL ${id}`];
      const cut = async (query: Query) =>
        database.read(kill(Number((await query<{ id: number }>(own))[0]?.id)));
      const work = async (query: Query) => {
        await cut(query);
        await query(own);
      };
      for (let tries = 0; tries < 3; tries++)
        await expect(database.transaction(work)).rejects.toThrow(DatabaseUnavailable);
      await cut(database.write).catch(() => undefined); // it may be the one that cuts
      await until(() => database.write(own).then(Boolean, () => false), Boolean);
      await database.ping();
      await database.onApplicationShutdown();
      await remove();
    });

    it('takes a statement of as many bytes as it says, of any characters', async () => {
      const { database, remove } = await open();
      const bytes = Math.min(database.maxStatementBytes, 32 * 1024 * 1024);
      for (const character of ['a', '"', "'", '\\', 'ß']) {
        const value = character.repeat(bytes / Buffer.byteLength(character));
        const sql =
          database.dialect === 'postgres'
            ? 'SELECT LENGTH(?::text) AS count'
            : 'SELECT CHAR_LENGTH(?) AS count';
        const [row] = await database.read<{ count: number }>(sql, [value]);
        expect(Number(row?.count)).toBe(value.length);
      }
      await database.onApplicationShutdown();
      await remove();
    });

    it('lets no transaction lock what it does not change', async () => {
      const { database, remove } = await open();
      const insert = (slot: number) =>
        `INSERT INTO order_counters (name, slot, value) VALUES ('gap', ${slot}, 1)`;
      await database.write(insert(1));
      await database.write(insert(9));
      await database.transaction(async (query) => {
        await query(`UPDATE order_counters SET value = 2 WHERE name = 'gap' AND slot BETWEEN 1 AND 9`);
        await database.write(insert(5)); // would wait for a lock on the gap, and fail
      });
      await database.onApplicationShutdown();
      await remove();
    });

    it('commits single statements in the order of the calls', async () => {
      const { database, remove } = await open();
      await database.write(`INSERT INTO order_counters (name, slot, value) VALUES ('fold', 0, 1)`);
      const numbers = Array.from({ length: 100 }, (_, index) => index);
      const folded = numbers.reduce((value, number) => (value * 31 + number) % 1_000_003, 1);
      const sql = `UPDATE order_counters SET value = (value * 31 + ?) % 1000003 WHERE name = 'fold'`;
      await Promise.all(numbers.map((number) => database.write(sql, [number])));
      const [row] = await database.read<{ value: number }>(
        `SELECT value FROM order_counters WHERE name = 'fold'`,
      );
      expect(Number(row?.value)).toBe(folded);
      await database.onApplicationShutdown();
      await remove();
    });
  });
}
