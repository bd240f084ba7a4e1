import { EventEmitter2 } from '@nestjs/event-emitter';
import fc from 'fast-check';
import { BacklogFull, IdempotencyKeyConflict, OrderIdConflict } from '../../src/domain/order.errors.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';
import { recorded } from '../support/examined.rows.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest, openStore, type OpenDatabase, type OpenStore } from '../support/store.js';

/** What accepting an order promises. */
export function insertContract(open: OpenDatabase): void {
  describe('accepting orders', () => {
    let opened: OpenStore;
    const clock = new HeldClock();
    beforeAll(async () => (opened = await openStore(open, clock)));
    afterAll(() => opened.close());

    const insert = (fields = {}) => opened.store.insert(aRequest(fields));
    const rowsOf = async (orderId: string) =>
      opened.database.read('SELECT seq FROM orders WHERE order_id = ?', [orderId]);
    /** Of another process, as it were. */
    const anotherStore = async (QUEUE_MAX_PENDING = 1_000_000, database = opened.database) => {
      const store = new OrdersStore(ordersSql(database), clock, new EventEmitter2(), { QUEUE_MAX_PENDING });
      await store.onModuleInit();
      return store;
    };
    const twice = (fields: object, other: object) => Promise.allSettled([insert(fields), insert(other)]);

    it('stores an order as it was asked for, and says so after the commit', async () => {
      const receipt = await insert({
        orderId: 'stored',
        userId: 'u',
        itemIds: ['a', 'a', 'b'],
        totalAmount: 1,
      });
      expect(receipt).toEqual({ seq: receipt.seq, orderId: 'stored', status: 'Pending', replayed: false });
      expect(await opened.reader.get('stored')).toEqual({
        seq: receipt.seq,
        orderId: 'stored',
        userId: 'u',
        itemIds: ['a', 'a', 'b'],
        totalAmount: 1,
        status: 'Pending',
        queueSeq: receipt.seq,
        attempts: 0,
        failures: 0,
        error: null,
        createdAt: clock.now(),
        startedAt: null,
        completedAt: null,
        updatedAt: clock.now(),
      });
      expect(await opened.reader.history('stored')).toEqual([
        { at: clock.now(), from: null, to: 'Pending', attempt: 0, reason: null },
      ]);
    });

    it('numbers orders in the order of their arrival, over batches and within them', async () => {
      const receipts = await Promise.all(Array.from({ length: 1200 }, () => insert()));
      const numbers = receipts.map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(new Set(numbers).size).toBe(1200);
      expect((await insert()).seq).toBeGreaterThan(numbers.at(-1) ?? Infinity);
    });

    it('makes ids that no two orders share', async () => {
      const receipts = await Promise.all(Array.from({ length: 100 }, () => insert()));
      expect(new Set(receipts.map(({ orderId }) => orderId)).size).toBe(100);
      for (const { orderId } of receipts) expect(orderId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/);
    });

    it('never lets acceptance times run backwards, though the clock may', async () => {
      const { orderId: before } = await insert();
      clock.advance(-3_600_000);
      const { orderId: after } = await insert();
      clock.advance(3_600_000);
      const [first, second] = await Promise.all([opened.reader.get(before), opened.reader.get(after)]);
      expect(second?.createdAt).toBe(first?.createdAt);
    });

    it('never lets them run backwards over a restart either', async () => {
      const { orderId: before } = await insert();
      clock.advance(-3_600_000);
      const next = await anotherStore();
      const { orderId: after } = await next.insert(aRequest());
      clock.advance(3_600_000);
      const [first, second] = await Promise.all([opened.reader.get(before), opened.reader.get(after)]);
      expect(second?.createdAt).toBe(first?.createdAt);
    });

    it('has room for as many orders as it has moved out of Pending, and no more', async () => {
      opened.counters.forget();
      const { byStatus } = await opened.counters.counts();
      const store = await anotherStore(byStatus.Pending + 2);
      const { seq } = await store.insert(aRequest());
      await store.insert(aRequest());
      await expect(store.insert(aRequest())).rejects.toThrow(BacklogFull);
      await store.transition({ seq, from: 'Pending', to: 'Cancelled', at: clock.now() });
      expect(await store.insert(aRequest())).toMatchObject({ replayed: false });
      await expect(store.insert(aRequest())).rejects.toThrow(BacklogFull);
      await opened.store.onModuleInit();
    });

    it('answers a repeat with the order that is there, in the status it has by now', async () => {
      const { seq } = await insert({ orderId: 'again' });
      expect(await insert({ orderId: 'again' })).toEqual({
        seq,
        orderId: 'again',
        status: 'Pending',
        replayed: true,
      });
      await opened.store.transition({ seq, from: 'Pending', to: 'Cancelled', at: clock.now() });
      expect(await insert({ orderId: 'again' })).toMatchObject({ seq, status: 'Cancelled', replayed: true });
      expect(await rowsOf('again')).toHaveLength(1);
    });

    it.each([
      ['user', { userId: 'user-2' }],
      ['amount', { totalAmount: 3000 }],
      ['items', { itemIds: ['item-1'] }],
      ['order of the items', { itemIds: ['item-2', 'item-1'] }],
    ])('refuses an id or a key again with another %s, in one batch and later', async (what, other) => {
      const byId = { orderId: `other-${what.length}` };
      const byKey = { idempotencyKey: `other-${what.length}` };
      for (const [same, Conflict] of [
        [byId, OrderIdConflict],
        [byKey, IdempotencyKeyConflict],
      ] as const) {
        expect(await twice(same, { ...same, ...other })).toMatchObject([
          { value: { replayed: false } },
          { reason: expect.any(Conflict) },
        ]);
        await expect(insert({ ...same, ...other })).rejects.toThrow(Conflict);
        await expect(insert(same)).resolves.toMatchObject({ replayed: true });
      }
    });

    it('gives a key the same order again, and refuses it with another id', async () => {
      const first = await insert({ idempotencyKey: 'key' });
      expect(await insert({ idempotencyKey: 'key' })).toEqual({ ...first, replayed: true });
      await expect(insert({ idempotencyKey: 'key', orderId: 'mine' })).rejects.toThrow(
        IdempotencyKeyConflict,
      );
      expect(await rowsOf('mine')).toEqual([]);
    });

    it('remembers every key that came with a repeat of an order', async () => {
      const first = await insert({ orderId: 'keys', idempotencyKey: 'keys-1' });
      for (const idempotencyKey of ['keys-2', 'keys-3', 'keys-2'])
        expect(await insert({ orderId: 'keys', idempotencyKey })).toEqual({ ...first, replayed: true });
      for (const idempotencyKey of ['keys-1', 'keys-2', 'keys-3']) {
        expect(await insert({ idempotencyKey })).toEqual({ ...first, replayed: true });
        await expect(insert({ idempotencyKey, totalAmount: 1 })).rejects.toThrow(IdempotencyKeyConflict);
        await expect(insert({ idempotencyKey, orderId: 'keys-other' })).rejects.toThrow(
          IdempotencyKeyConflict,
        );
      }
      expect(await rowsOf('keys-other')).toEqual([]);
      expect(await insert({ orderId: 'keys' })).toMatchObject({ replayed: true });
    });

    it('keeps no key of a request that was refused', async () => {
      await insert({ orderId: 'refused-key' });
      await expect(
        insert({ orderId: 'refused-key', totalAmount: 1, idempotencyKey: 'free' }),
      ).rejects.toThrow(OrderIdConflict);
      expect(await insert({ idempotencyKey: 'free', totalAmount: 2 })).toMatchObject({ replayed: false });
    });

    it('gives a key to one order only when repeats and new orders ask for it at once', async () => {
      await Promise.all(['a', 'b'].map((name) => insert({ orderId: `wanted-${name}` })));
      for (let round = 0; round < 20; round++) {
        const idempotencyKey = `wanted-${round}`;
        const results = await Promise.allSettled([
          insert({ orderId: 'wanted-a', idempotencyKey }),
          insert({ idempotencyKey, totalAmount: 1 }),
          insert({ orderId: 'wanted-b', idempotencyKey }),
          insert({ idempotencyKey, totalAmount: 2 }),
        ]);
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(IdempotencyKeyConflict);
      }
    });

    it('stores five hundred orders of 64 KiB that come at once', async () => {
      const itemIds = Array.from({ length: 500 }, (_, index) => `${index}`.padEnd(125, 'é'));
      const receipts = await Promise.all(
        Array.from({ length: 500 }, (_, index) => insert({ orderId: `large-${index}`, itemIds })),
      );
      expect(receipts.every(({ replayed }) => !replayed)).toBe(true);
      expect((await opened.reader.get('large-499'))?.itemIds).toEqual(itemIds);
    });

    it('compares a repeat with orders of any size, and reads no items that are longer than its own', async () => {
      const itemIds = Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(128, '"'));
      const huge = Array.from({ length: 60 }, (_, index) => ({ orderId: `huge-${index}`, itemIds }));
      await Promise.all(huge.map(insert));
      const repeats = await Promise.all(huge.map(insert));
      expect(repeats.every(({ replayed }) => replayed)).toBe(true);
      const others = await Promise.allSettled(huge.map(({ orderId }) => insert({ orderId })));
      for (const other of others) expect(other).toMatchObject({ reason: expect.any(OrderIdConflict) });
    }, 120_000); // MariaDB takes its time to parse so much JSON inside of JSON

    it('reads no more than 4 Mi characters of items at once for those that repeat, whatever their sizes', async () => {
      const MOST = 4 * 1024 * 1024;
      const long = Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(128, 'x'));
      const requests = Array.from({ length: 100 }, (_, index) =>
        aRequest({ orderId: `portion-${index}`, itemIds: index % 10 === 5 ? long : ['short'] }),
      );
      const { database, statements } = recorded(opened.database);
      const store = await anotherStore(undefined, database);
      await store.insertAll(requests);
      statements.length = 0;
      const repeats = await store.insertAll(requests);
      expect(repeats).toMatchObject(requests.map(() => ({ value: { replayed: true } })));
      const reads = statements
        .filter(({ sql }) => sql.includes('order_keys'))
        .map(({ parameters: [longest, ids] }) => {
          const many = typeof ids === 'string' ? (JSON.parse(ids) as unknown[]) : (ids as unknown[]); // a list, as the dialect has it
          return { count: many.length, longest: Number(longest) };
        });
      for (const { count, longest } of reads) expect(count * longest).toBeLessThanOrEqual(MOST);
      expect(reads.reduce((sum, { count }) => sum + count, 0)).toBe(requests.length);
      expect(reads.length).toBeLessThan(6);
      await opened.store.onModuleInit();
    });

    it.each([{ orderId: 'race' }, { idempotencyKey: 'race' }])(
      'makes one order of 64 equal requests at once: %j',
      async (fields) => {
        const receipts = await Promise.all(Array.from({ length: 64 }, () => insert(fields)));
        expect(receipts.filter(({ replayed }) => replayed)).toHaveLength(63);
        expect(new Set(receipts.map(({ orderId }) => orderId)).size).toBe(1);
        expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(1);
      },
    );

    it('lets a refused order harm none of those that were written with it', async () => {
      await insert({ orderId: 'taken' });
      const results = await Promise.allSettled([
        insert({ orderId: 'good-1' }),
        insert({ orderId: 'taken', totalAmount: 1 }),
        insert({ orderId: 'good-2' }),
      ]);
      expect(results).toMatchObject([
        { value: { orderId: 'good-1', replayed: false } },
        { reason: expect.any(OrderIdConflict) },
        { value: { orderId: 'good-2', replayed: false } },
      ]);
      for (const id of ['good-1', 'good-2']) expect(await opened.reader.history(id)).toHaveLength(1);
    });

    it('returns money, items and users exactly as they came', async () => {
      const text = fc
        .string({ unit: 'binary', minLength: 1, maxLength: 20 })
        .filter((one) => !/\p{Cc}/u.test(one));
      const content = fc.record({
        userId: fc.oneof(text, fc.constantFrom('007', '1e3', 'null', '"', "'; DROP TABLE orders; --")),
        itemIds: fc.array(fc.oneof(text, fc.constantFrom('1.0', '\\', '[]')), {
          minLength: 1,
          maxLength: 20,
        }),
        totalAmount: fc.integer({ min: 0, max: 99_999_999_999 }),
      });
      await fc.assert(
        fc.asyncProperty(content, async (fields) => {
          const { orderId } = await insert(fields);
          expect(await opened.reader.get(orderId)).toMatchObject(fields);
          expect(await insert({ ...fields, orderId })).toMatchObject({ replayed: true });
        }),
        { numRuns: 60 },
      );
    });

    it('announces a commit once, with all its new orders and no other', async () => {
      await insert({ orderId: 'known' });
      opened.announced.length = 0;
      const receipts = await Promise.all(['news-1', 'news-2', 'known'].map((orderId) => insert({ orderId })));
      expect(opened.announced).toEqual([
        receipts.slice(0, 2).map(({ seq, orderId }) => ({
          seq,
          orderId,
          userId: 'user-1',
          from: null,
          to: 'Pending',
          attempt: 0,
          at: clock.now(),
        })),
      ]);
      await insert({ orderId: 'known' });
      expect(opened.announced).toHaveLength(1);
    });
  });
}
