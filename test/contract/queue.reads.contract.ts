import type { QueueDriver } from '../../src/queue/queue.driver.js';
import { drain, entry, idsOf, range, tableOf } from './queue.table.js';

/** The part of the contract about what happens between a driver's look at the backlog and the answer to it. */
export function whileReadingContract(make: () => QueueDriver | Promise<QueueDriver>, capacity: number): void {
  describe('while it reads the backlog,', () => {
    /** A driver whose first slow read stops after its look at the table, until `goOn`. */
    async function serveSlowly(...ids: number[]) {
      const { table, read } = tableOf(ids);
      const looked = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      const state = { isSlow: true };
      const driver = await make();
      driver.open(async (after, limit) => {
        const seen = read(after, limit);
        if (state.isSlow) {
          looked.resolve();
          await gate.promise;
        }
        return seen;
      });
      return { driver, table, state, looked: looked.promise, goOn: gate.resolve };
    }

    it.each([
      ['empty', []],
      ['short', [1]],
      ['long', range(1, 9)],
    ])('misses nothing that is enqueued, and takes nothing twice: %s backlog', async (_, ids) => {
      const { driver, table, looked, goOn } = await serveSlowly(...ids);
      const claim = driver.claim(4);
      await looked;
      const late = range(ids.length + 1, ids.length + 7);
      for (const id of late) table.set(id, entry(id));
      driver.enqueue(late.map(entry));
      goOn();
      expect([...idsOf(await claim), ...(await drain(driver, 3))]).toEqual([...ids, ...late]);
    });

    it('misses nothing that comes back to a position which the read has passed', async () => {
      const { driver, table, looked, goOn } = await serveSlowly(1, 2, 4);
      const claim = driver.claim(2);
      await looked;
      table.set(3, entry(3));
      driver.enqueue([entry(3)]);
      goOn();
      const all = new Set([...idsOf(await claim), ...(await drain(driver, 3))]);
      expect(all).toEqual(new Set([1, 2, 3, 4]));
    });

    it('holds no more than its capacity, whatever comes back meanwhile', async () => {
      const { driver, table, state, looked, goOn } = await serveSlowly(...range(1, 3 * capacity));
      state.isSlow = false;
      const claimed = idsOf(await driver.claim(capacity));
      state.isSlow = true;
      const claim = driver.claim(1);
      await looked;
      claimed.forEach((id) => driver.ack(id));
      driver.enqueue(claimed.map(entry));
      goOn();
      await claim;
      table.clear();
      expect((await drain(driver, capacity)).length).toBeLessThanOrEqual(capacity);
    });

    it('takes a rewind for what it is: everything from the beginning is read again', async () => {
      const { driver, table, looked, goOn } = await serveSlowly(2, 3);
      const claim = driver.claim(4);
      await looked;
      table.set(1, entry(1));
      driver.rewind();
      goOn();
      const all = new Set([...idsOf(await claim), ...(await drain(driver, 3))]);
      expect(all).toEqual(new Set([1, 2, 3]));
    });

    it('takes a rewind for what it is, though an entry is acknowledged meanwhile', async () => {
      const { driver, table, state, looked, goOn } = await serveSlowly(1, 3);
      state.isSlow = false;
      expect(idsOf(await driver.claim(1))).toEqual([1]);
      driver.rewind();
      state.isSlow = true;
      const claim = driver.claim(4);
      await looked;
      table.set(2, entry(2));
      table.delete(1);
      driver.rewind();
      driver.ack(1);
      await new Promise(setImmediate); // what the driver does at once about that, it has begun
      goOn();
      const all = [...idsOf(await claim), ...(await drain(driver, 3))]; // perhaps with 1, which the read had seen
      expect(all).toEqual(expect.arrayContaining([2, 3]));
    });
  });
}
