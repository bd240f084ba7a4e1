import { OrderLog, type LogEntry } from '../../src/orders/store/log/order.log.js';
import { NOTHING, type LogPosition } from '../../src/orders/store/log/log.position.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';
import { until } from '../support/client.js';
import { aRequest, openStore, type OpenDatabase, type OpenStore } from '../support/store.js';

const PAGE = 7;

/** What `OrderLog` promises on every database. */
export function orderLogContract(open: OpenDatabase): void {
  describe('the log', () => {
    let opened: OpenStore;
    let log: OrderLog;
    beforeEach(async () => {
      opened = await openStore(open);
      log = new OrderLog(ordersSql(opened.database));
    });
    afterEach(() => opened.close());
    const end = async () => (await until(() => log.end())) as LogPosition;
    const readOn = async (from: LogPosition): Promise<LogEntry[]> => {
      const upTo = await end();
      const all: LogEntry[] = [];
      for (let after = from; ;) {
        const page = await log.read(after, upTo, PAGE);
        const last = page.at(-1);
        if (!last) return all;
        all.push(...page);
        after = last.position;
      }
    };
    const claim = (seq: number) => opened.store.transition({ seq, from: 'Pending', to: 'Processing', at: 1 });

    it('is empty at first', async () => {
      expect(await end()).toEqual(NOTHING);
      expect(await readOn(NOTHING)).toEqual([]);
    });

    it('tells each transition once, those of one order in their order, from any position', async () => {
      const { store } = opened;
      const receipts = await store.insertAll(Array.from({ length: 10 }, () => aRequest()));
      const seqs = receipts.map((one) => ('value' in one ? one.value.seq : 0));
      await Promise.all(seqs.map(claim));
      await store.transition({ seq: seqs[3] ?? 0, from: 'Processing', to: 'Completed', attempt: 1, at: 2 });
      const all = await readOn(NOTHING);
      expect(all.map(({ seq, from, to }) => [seq, from, to])).toEqual([
        ...seqs.map((seq) => [seq, null, 'Pending']),
        ...seqs.map((seq) => [seq, 'Pending', 'Processing']),
        [seqs[3], 'Processing', 'Completed'],
      ]);
      expect(all[0]).toMatchObject({ userId: 'user-1', attempt: 0, orderId: expect.any(String) });
      expect(all[20]).toMatchObject({ userId: 'user-1', attempt: 1, at: 2, orderId: all[3]?.orderId });
      for (const [index, { position }] of all.entries())
        expect(await readOn(position)).toEqual(all.slice(index + 1));
    });

    it('has an entry for orders that were accepted after a position only', async () => {
      await opened.store.insert(aRequest());
      const before = await end();
      const { seq } = await opened.store.insert(aRequest());
      expect(await readOn(before)).toMatchObject([{ seq, from: null, to: 'Pending' }]);
    });

    it('knows a position beyond its end', async () => {
      await opened.store.insert(aRequest());
      const highest = await end();
      expect(await log.reaches(highest)).toBe(true);
      expect(await log.reaches({ ...highest, accepted: highest.accepted + 1 })).toBe(false);
      expect(await log.reaches({ ...highest, transitioned: highest.transitioned + 1 })).toBe(false);
    });

    describe('while a transaction that has drawn lower numbers is not committed', () => {
      /** Begins a transaction that writes, and holds it open. */
      async function hold(write: 'order' | 'transition') {
        const sql = ordersSql(opened.database);
        const written = Promise.withResolvers<void>();
        const gate = Promise.withResolvers<void>();
        const { seq } = await opened.store.insert(aRequest());
        const before = await end();
        const order = { ...aRequest(), orderId: 'held', hasOwnId: true };
        const demand = { orders: write === 'order' ? 1 : 0, requeued: 0, isMore: true };
        const committed = sql.transaction(demand, async (query, numbers) => {
          if (write === 'order') await sql.insertOrders(query, [order], 1, numbers);
          else await sql.transition(query, [seq], { seq, from: 'Pending', to: 'Cancelled', at: 1 }, null);
          written.resolve();
          await gate.promise;
        });
        await written.promise;
        const commit = () => (gate.resolve(), committed);
        return { before, commit };
      }

      it.each(['order', 'transition'] as const)('it does not go past them (%s)', async (write) => {
        if (!opened.database.isShared) return; // SQLite: one transaction after the other
        const { before, commit } = await hold(write);
        const { seq } = await opened.store.insert(aRequest());
        if (write === 'transition') await claim(seq);
        for (let asked = 0; asked < 5; asked++) expect([undefined, before]).toContainEqual(await log.end());
        await commit();
        const told = await readOn(before);
        expect(told).toHaveLength(write === 'order' ? 2 : 3);
        expect(new Set(told.map(({ orderId, to }) => `${orderId} ${to}`)).size).toBe(told.length);
      });
    });
  });
}
