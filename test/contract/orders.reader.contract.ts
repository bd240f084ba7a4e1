import fc from 'fast-check';
import { DatabaseUnavailable, type Database, type Query } from '../../src/database/database.js';
import { ORDER_STATUSES, type OrderStatus } from '../../src/domain/order.status.js';
import type { ListCursor, OrderFilter } from '../../src/orders/store/orders.pages.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest, openStore, readerOn, type OpenDatabase, type OpenStore } from '../support/store.js';

interface ModelOrder {
  seq: number;
  userId: string;
  status: OrderStatus;
  createdAt: number;
  notBefore: number | null;
}

const ROUTES: Record<OrderStatus, OrderStatus[]> = {
  Pending: [],
  Processing: ['Processing'],
  Completed: ['Processing', 'Completed'],
  Failed: ['Processing', 'Failed'],
  Cancelled: ['Cancelled'],
};

const status = fc.constantFrom(...ORDER_STATUSES);
const userId = fc.constantFrom('ann', 'bob', 'cy');

/** What the questions promise, against a plain array of the same orders. */
export function readerContract(open: OpenDatabase): void {
  describe('asking for orders', () => {
    let opened: OpenStore;
    const clock = new HeldClock();
    const model: ModelOrder[] = [];
    const began = clock.now();
    beforeAll(async () => {
      opened = await openStore(open, clock);
      const orders = fc.sample(
        fc.record({
          userId,
          status,
          waitMs: fc.constantFrom(0, 0, 1, 500, 90_000),
          delayMs: fc.constantFrom(null, 0, 10, 10, 5000),
        }),
        { numRuns: 120, seed: 7 },
      );
      for (const one of orders) await make(one.userId, one.status, one.waitMs, one.delayMs);
    });
    afterAll(() => opened.close());

    async function make(user: string, to: OrderStatus, waitMs: number, delayMs: number | null) {
      clock.advance(waitMs);
      const at = clock.now();
      const { seq } = await opened.store.insert(aRequest({ userId: user }));
      let from: OrderStatus = 'Pending';
      for (const next of ROUTES[to]) {
        await opened.store.transition({ seq, from, to: next, at });
        from = next;
      }
      const notBefore = to === 'Pending' && delayMs !== null ? at + delayMs : null;
      if (notBefore !== null) {
        await opened.store.transition({ seq, from: 'Pending', to: 'Processing', at });
        await opened.store.transition({ seq, from: 'Processing', to: 'Pending', at, notBefore });
      }
      model.push({ seq, userId: user, status: to, createdAt: at, notBefore });
    }

    it('lists newest first what fits the filter, page by page, each order once', async () => {
      const instant = fc.nat(4_000_000).map((ms) => began + ms);
      const oneOfTheirs = fc.nat(119).map((index) => model[index]?.createdAt ?? 0);
      const filters = fc.record(
        {
          status,
          userId,
          createdFrom: fc.oneof(instant, oneOfTheirs),
          createdTo: fc.oneof(instant, oneOfTheirs),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(filters, fc.integer({ min: 1, max: 50 }), async (filter: OrderFilter, limit) => {
          const expected = model
            .filter((order) => filter.status === undefined || order.status === filter.status)
            .filter((order) => filter.userId === undefined || order.userId === filter.userId)
            .filter((order) => order.createdAt >= (filter.createdFrom ?? 0))
            .filter((order) => order.createdAt <= (filter.createdTo ?? Infinity))
            .map(({ seq }) => seq)
            .toReversed();
          const listed: number[] = [];
          let place: ListCursor | undefined;
          do {
            const { orders, next } = await opened.reader.list(filter, place, limit);
            listed.push(...orders.map(({ seq }) => seq));
            place = next;
          } while (place);
          expect(listed).toEqual(expected);
        }),
        { numRuns: 150 },
      );
    });

    it('reads the queue on from any place: Pending orders that are not delayed', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(300), fc.integer({ min: 1, max: 50 }), async (place, limit) => {
          const expected = model
            .filter(({ status, seq, notBefore }) => status === 'Pending' && seq > place && notBefore === null)
            .map(({ seq }) => ({ seq, queueSeq: seq }));
          expect(await opened.reader.pendingAfter(place, limit)).toEqual(expected.slice(0, limit));
        }),
        { numRuns: 50 },
      );
    });

    it('reads what is due and what is delayed, each soonest first', async () => {
      const waiting = model.flatMap(({ seq, notBefore }) => (notBefore === null ? [] : { seq, notBefore }));
      const line = waiting.toSorted((a, b) => a.notBefore - b.notBefore);
      const now = fc.oneof(fc.constantFrom(...line.map(({ notBefore }) => notBefore)), fc.constant(began));
      const instantsOf = (orders: { seq: number }[]) => {
        expect(new Set(orders.map(({ seq }) => seq)).size).toBe(orders.length);
        return orders.map(({ seq }) => line.find((order) => order.seq === seq)?.notBefore);
      };
      await fc.assert(
        fc.asyncProperty(now, fc.integer({ min: 1, max: 20 }), async (at, limit) => {
          const due = line.filter(({ notBefore }) => notBefore <= at).slice(0, limit);
          expect(instantsOf(await opened.reader.due(at, limit))).toEqual(
            due.map(({ notBefore }) => notBefore),
          );
          const delayed = line.filter(({ notBefore }) => notBefore > at).slice(0, limit);
          const read = await opened.reader.delayed(at, limit);
          expect(instantsOf(read)).toEqual(delayed.map(({ notBefore }) => notBefore));
          expect(read.map(({ notBefore }) => notBefore)).toEqual(delayed.map(({ notBefore }) => notBefore));
          for (const { seq, queueSeq, since } of read) expect([queueSeq, since > 0]).toEqual([seq, true]);
        }),
        { numRuns: 40 },
      );
    });

    it('has in line what was lined up when it was due, and nothing that was started or delayed anew', async () => {
      const { store, reader, close } = await openStore(open);
      const [at, early, late] = [clock.now(), clock.now() + 10, clock.now() + 5000];
      const delayed = async (notBefore: number) => {
        const { seq } = await store.insert(aRequest());
        await store.transition({ seq, from: 'Pending', to: 'Processing', at });
        await store.transition({ seq, from: 'Processing', to: 'Pending', at, notBefore });
        return seq;
      };
      const seqs = [await delayed(early), await delayed(late), await delayed(early), await delayed(early)];
      const start = () => store.transition({ seq: seqs[3] ?? NaN, from: 'Pending', to: 'Processing', at });
      expect(await start()).toBeUndefined(); // a delayed order is not started, whoever has it in a queue
      await store.endDelay(seqs.slice(3), early);
      expect(await start()).toMatchObject({ status: 'Processing' });
      expect(await reader.pendingAfter(0, 100)).toEqual([]);
      await store.endDelay(seqs.toReversed(), early);
      expect((await reader.pendingAfter(0, 100)).map(({ seq }) => seq)).toEqual([seqs[0], seqs[2]]);
      expect(await reader.due(early, 100)).toEqual([]);
      expect(await reader.delayed(0, 100)).toMatchObject([{ seq: seqs[1], notBefore: late }]);
      expect((await reader.processing()).map(({ seq }) => seq)).toEqual([seqs[3]]);
      await close();
    });

    it('knows the orders that are being processed', async () => {
      const processing = model.filter((order) => order.status === 'Processing').map(({ seq }) => seq);
      expect((await opened.reader.processing()).map(({ seq }) => seq)).toEqual(processing);
    });

    it('counts up to 100 orders ahead exactly, and no delayed ones', async () => {
      const pending = model
        .filter(({ status, notBefore }) => status === 'Pending' && notBefore === null)
        .map(({ seq }) => seq);
      expect(await Promise.all(pending.map((seq) => opened.reader.ahead(seq)))).toEqual(
        pending.map((_, n) => n),
      );
    });

    it('counts the orders ahead exactly, however many, and none that was cancelled, delayed or started', async () => {
      const time = new HeldClock();
      const other = await openStore(open, time);
      const insert = async (count: number) =>
        (await Promise.all(Array.from({ length: count }, () => other.store.insert(aRequest())))).map(
          ({ seq }) => seq,
        );
      const seqs = await insert(12_000);
      const all = async (left: number[]) => {
        time.advance(60_000); // counts are used for a while
        const some = left.filter((_, index) => index % 97 === 0);
        expect(await Promise.all(some.map((seq) => other.reader.ahead(seq)))).toEqual(
          some.map((seq) => left.indexOf(seq)),
        );
      };
      await all(seqs);
      const cancelled = seqs.filter((_, index) => index % 10 === 3 || (index > 4000 && index < 7000));
      const cancel = { from: 'Pending', to: 'Cancelled', at: time.now() } as const;
      await Promise.all(cancelled.map((seq) => other.store.transition({ seq, ...cancel })));
      const left = seqs.filter((seq) => !cancelled.includes(seq));
      await all(left);
      const start = {
        from: 'Pending',
        to: 'Processing',
        at: time.now(),
        owner: 'me',
        leaseMs: 60_000,
      } as const;
      await Promise.all(left.slice(0, 1500).map((seq) => other.store.transition({ seq, ...start })));
      await all(left.slice(1500));
      await all([...left.slice(1500), ...(await insert(3000))]);
      await other.close();
    });

    it('shows on a page what fits into a mebibyte, one order at least, and each order once', async () => {
      const { store, reader, close } = await openStore(open);
      const kibibytes = [10, 300, 300, 300, 300, 1, 2000, 1500, 1, 1, 900, 900];
      const seqs: number[] = [];
      for (const size of kibibytes)
        seqs.push((await store.insert(aRequest({ itemIds: ['é'.repeat(512 * size)] }))).seq);
      const shown: number[] = [];
      let place: ListCursor | undefined;
      do {
        const { orders, next } = await reader.list({}, place, 200);
        const bytes = orders.map(({ itemIds }) => Buffer.byteLength(JSON.stringify(itemIds)));
        expect(orders.length).toBeGreaterThan(0);
        if (orders.length > 1) expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(1_048_576);
        shown.push(...orders.map(({ seq }) => seq));
        place = next;
      } while (place);
      expect(shown).toEqual(seqs.toReversed());
      await close();
    });

    it('reads what it can of orders that are asked for at once, though one id cannot be asked for', async () => {
      const { store, reader, close } = await openStore(open);
      const ids = ['one', 'two', 'three'];
      for (const orderId of ids) await store.insert(aRequest({ orderId }));
      const asked = await Promise.allSettled(['one', 'two', 'a\0b', 'three'].map((id) => reader.get(id)));
      const found = asked.map((outcome) => ('value' in outcome ? outcome.value?.orderId : undefined));
      expect(found).toEqual(['one', 'two', undefined, 'three']);
      await close();
    });

    it('asks a database that is away once, however many orders are asked for at once', async () => {
      let asked = 0;
      const read = async () => {
        asked++;
        throw new DatabaseUnavailable(new Error('away'));
      };
      const away = Object.create(opened.database, { read: { value: read } }) as Database; // Object.create forgets
      const reader = await readerOn(away);
      const gets = Array.from({ length: 30 }, (_, index) => reader.get(`order-${index}`));
      for (const get of await Promise.allSettled(gets))
        expect(get).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseUnavailable) as unknown });
      expect(asked).toBe(1);
    });

    it('says of a database that is away meanwhile that it is unavailable, in a list and in a history', async () => {
      const { database, store, close } = await openStore(open);
      await store.insert(aRequest({ orderId: 'there' }));
      let left = 0;
      const read: Query = async (sql, parameters) => {
        if (left-- === 0) throw new DatabaseUnavailable(new Error('away'));
        return database.read(sql, parameters);
      };
      const reader = await readerOn(Object.create(database, { read: { value: read } }) as Database); // as above
      for (const after of [0, 1])
        for (const ask of [() => reader.list({}, undefined, 10), () => reader.history('there')]) {
          left = after;
          await expect(ask()).rejects.toThrow(DatabaseUnavailable);
        }
      await close();
    });

    it('tells the first and the latest ten thousand of too many moves', async () => {
      const { database, store, reader, close } = await openStore(open);
      const { seq } = await store.insert(aRequest({ orderId: 'restless' }));
      const entries = Array.from(
        { length: 10_050 },
        (_, at) => `(${seq}, ${at}, 'Pending', 'Processing', 1)`,
      );
      await database.write(
        `INSERT INTO order_history (order_seq, at, from_status, to_status, attempt) VALUES ${entries.join(', ')}`,
      );
      const history = await reader.history('restless');
      expect(history).toHaveLength(10_001);
      expect(history[0]).toMatchObject({ from: null, to: 'Pending' });
      expect([history[1]?.at, history.at(-1)?.at].map(Number)).toEqual([50, 10_049]);
      await close();
    });

    it('finds nothing where there is nothing', async () => {
      expect(await opened.reader.get('nobody')).toBeUndefined();
      expect(await opened.reader.status('nobody')).toBeUndefined();
      expect(await opened.reader.history('nobody')).toEqual([]);
      const empty = await openStore(open);
      expect(await empty.reader.list({ createdFrom: 0, createdTo: clock.now() }, undefined, 10)).toEqual({
        orders: [],
        next: undefined,
      });
      expect(await empty.reader.pendingAfter(0, 10)).toEqual([]);
      expect(await empty.reader.due(clock.now(), 10)).toEqual([]);
      expect(await empty.reader.delayed(0, 10)).toEqual([]);
      expect((await empty.counters.counts()).byStatus.Pending).toBe(0);
      await empty.close();
    });
  });
}
