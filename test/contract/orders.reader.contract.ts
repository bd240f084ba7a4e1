import fc from 'fast-check';
import { ORDER_STATUSES, type OrderStatus } from '../../src/orders/order.status.js';
import type { OrderFilter } from '../../src/orders/orders.reader.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest, openStore, type OpenDatabase, type OpenStore } from '../support/store.js';

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
        await opened.store.move({ seq, from, to: next, at });
        from = next;
      }
      const notBefore = to === 'Pending' && delayMs !== null ? at + delayMs : null;
      if (notBefore !== null) {
        await opened.store.move({ seq, from: 'Pending', to: 'Processing', at });
        await opened.store.move({ seq, from: 'Processing', to: 'Pending', at, notBefore });
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
          for (;;) {
            const page = await opened.reader.list(filter, listed.at(-1), limit);
            listed.push(...page.map(({ seq }) => seq));
            if (page.length < limit) break;
          }
          expect(listed).toEqual(expected);
        }),
        { numRuns: 150 },
      );
    });

    it('reads the line on from any place: Pending orders that may start now', async () => {
      const last = model.at(-1)?.createdAt ?? 0;
      const now = fc.constantFrom(...[0, 5, 10, 5000].map((ms) => last + ms));
      await fc.assert(
        fc.asyncProperty(fc.nat(300), now, fc.integer({ min: 1, max: 50 }), async (place, at, limit) => {
          const expected = model
            .filter(
              (order) => order.status === 'Pending' && order.seq > place && (order.notBefore ?? 0) <= at,
            )
            .map(({ seq }) => ({ seq, queueSeq: seq }));
          expect(await opened.reader.pendingAfter(place, at, limit)).toEqual(expected.slice(0, limit));
        }),
        { numRuns: 50 },
      );
    });

    it('reads what becomes due in the order of that, and knows when the next does', async () => {
      const delayed = model.flatMap(({ seq, notBefore }) => (notBefore === null ? [] : { seq, notBefore }));
      const due = delayed.toSorted((a, b) => a.notBefore - b.notBefore || a.seq - b.seq);
      const now = fc.oneof(fc.constantFrom(...due.map(({ notBefore }) => notBefore)), fc.constant(began));
      await fc.assert(
        fc.asyncProperty(now, fc.integer({ min: 1, max: 20 }), async (at, limit) => {
          const seen: { seq: number; notBefore: number }[] = [];
          for (;;) {
            const page = await opened.reader.dueAfter(seen.at(-1) ?? { notBefore: 0, seq: 0 }, at, limit);
            seen.push(...page.map(({ seq, notBefore }) => ({ seq, notBefore })));
            if (page.length < limit) break;
          }
          expect(seen).toEqual(due.filter(({ notBefore }) => notBefore <= at));
          const next = due.find(({ notBefore }) => notBefore > at);
          expect(await opened.reader.nextDueAfter(at)).toBe(next?.notBefore);
        }),
        { numRuns: 40 },
      );
    });

    it('knows the orders that are being processed', async () => {
      const processing = model.filter((order) => order.status === 'Processing').map(({ seq }) => seq);
      expect((await opened.reader.processing()).map(({ seq }) => seq)).toEqual(processing);
    });

    it('counts up to 100 orders ahead exactly', async () => {
      const pending = model.filter((order) => order.status === 'Pending').map(({ seq }) => seq);
      expect(await Promise.all(pending.map((seq) => opened.reader.ahead(seq)))).toEqual(
        pending.map((_, n) => n),
      );
    });

    it('never counts fewer orders ahead than there are, and exactly when the line has no gaps', async () => {
      const other = await openStore(open);
      const receipts = await Promise.all(Array.from({ length: 400 }, () => other.store.insert(aRequest())));
      const ahead = (index: number) => other.reader.ahead(receipts[index]?.seq ?? NaN);
      expect(await Promise.all([0, 99, 100, 101, 399].map(ahead))).toEqual([0, 99, 100, 101, 399]);
      for (const { seq } of receipts.slice(10, 20))
        await other.store.move({ seq, from: 'Pending', to: 'Cancelled', at: clock.now() });
      expect(await ahead(109)).toBe(99);
      const far = await ahead(399);
      expect(far).toBeGreaterThanOrEqual(389);
      expect(far).toBeLessThanOrEqual(399);
      await other.close();
    });

    it('finds nothing where there is nothing', async () => {
      expect(await opened.reader.get('nobody')).toBeUndefined();
      expect(await opened.reader.status('nobody')).toBeUndefined();
      expect(await opened.reader.history('nobody')).toEqual([]);
      const empty = await openStore(open);
      expect(await empty.reader.list({ createdFrom: 0, createdTo: clock.now() }, undefined, 10)).toEqual([]);
      expect(await empty.reader.pendingAfter(0, clock.now(), 10)).toEqual([]);
      expect(await empty.reader.nextDueAfter(0)).toBeUndefined();
      expect((await empty.reader.counts()).byStatus.Pending).toBe(0);
      await empty.close();
    });
  });
}
