import fc from 'fast-check';
import type { QueueDriver } from '../../src/queue/queue.driver.js';
import { QueueModel, steps } from './queue.model.js';
import { drain, entry, idsOf, range, tableOf } from './queue.table.js';
import { whileReadingContract } from './queue.reads.contract.js';

const entries = (...ids: number[]) => ids.map(entry);

/**
 * What every `QueueDriver` promises.
 * @param make a new driver with an empty queue, ready, not yet opened
 * @param capacity how many unclaimed entries it may hold, not counting released ones; at least 4
 * @param numRuns how many sequences of events are tried
 */
export function queueDriverContract(
  name: string,
  make: () => QueueDriver | Promise<QueueDriver>,
  capacity: number,
  numRuns = 300,
): void {
  describe(`${name}, as a queue driver,`, () => {
    /** A driver that serves a table with these entries. */
    async function serve(...ids: number[]) {
      const { table, read } = tableOf(ids);
      const driver = await make();
      driver.open(async (after, limit) => read(after, limit));
      return { driver, table };
    }

    it.each([1, 3, 4, 1000])('claims the backlog in queue order, %i at a time', async (limit) => {
      const { driver } = await serve(...range(1, 50));
      expect(await drain(driver, limit)).toEqual(range(1, 50));
    });

    it('claims what is enqueued in the order of the queue, behind the backlog', async () => {
      const { driver, table } = await serve(...range(1, 10));
      const claimed = idsOf(await driver.claim(3));
      for (const id of range(11, 30)) {
        table.set(id, entry(id));
        driver.enqueue([entry(id)]);
      }
      expect([...claimed, ...(await drain(driver, 3))]).toEqual(range(1, 30));
    });

    it('claims fewer than asked for only when no more are there', async () => {
      const { driver } = await serve(...range(1, 11));
      expect(idsOf(await driver.claim(4))).toEqual([1, 2, 3, 4]);
      expect(idsOf(await driver.claim(4))).toEqual([5, 6, 7, 8]);
      expect(idsOf(await driver.claim(4))).toEqual([9, 10, 11]);
      expect(await driver.claim(4)).toEqual([]);
    });

    it('takes an entry once, however often it is enqueued', async () => {
      const { driver, table } = await serve();
      expect(await driver.claim(1)).toEqual([]);
      table.set(1, entry(1));
      for (const again of [1, 1, 1]) driver.enqueue(entries(again, again));
      expect(await drain(driver, 2)).toEqual([1]);
      driver.enqueue(entries(1));
      driver.rewind();
      expect(await driver.claim(2)).toEqual([]);
    });

    it('claims an entry anew after it was acknowledged and enqueued again', async () => {
      const { driver } = await serve(1, 2);
      expect(idsOf(await driver.claim(2))).toEqual([1, 2]);
      driver.ack(1);
      driver.enqueue(entries(1));
      expect(await drain(driver, 2)).toEqual([1]);
    });

    it('claims released entries next, in the order given', async () => {
      const { driver } = await serve(...range(1, 9));
      const first = await driver.claim(4);
      driver.release(first.slice(1));
      expect(idsOf(await driver.claim(2))).toEqual([2, 3]);
      driver.release(entries(3, 2));
      expect(await drain(driver, 4)).toEqual([3, 2, 4, 5, 6, 7, 8, 9]);
    });

    it('finds after a rewind what no enqueue told it of', async () => {
      const { driver, table } = await serve();
      expect(await driver.claim(1)).toEqual([]);
      table.set(1, entry(1));
      table.set(2, entry(2));
      driver.enqueue(entries(2));
      const before = await drain(driver, 3); // with 1 or without: that depends on how far it had read
      expect(before).toContain(2);
      for (const id of before) table.delete(id);
      driver.rewind();
      expect([...before, ...(await drain(driver, 3))].toSorted((a, b) => a - b)).toEqual([1, 2]);
    });

    it('goes on where it was after the backlog could not be read', async () => {
      const driver = await make();
      let isDown = true;
      driver.open(async (after) => {
        if (isDown) throw new Error('down');
        return entries(1, 2, 3).filter(({ position }) => position > after);
      });
      await expect(driver.claim(2)).rejects.toThrow('down');
      driver.enqueue(entries(3));
      isDown = false;
      expect(await drain(driver, 2)).toEqual([1, 2, 3]);
    });

    it('loses no released entry when a claim fails', async () => {
      const { table, read } = tableOf(range(1, 6));
      const driver = await make();
      let isDown = false;
      driver.open(async (after, limit) => {
        if (isDown) throw new Error('down');
        return read(after, limit);
      });
      driver.release(await driver.claim(2));
      table.set(7, entry(7));
      driver.enqueue(entries(7));
      isDown = true;
      const claimed = await driver.claim(7).catch(() => []); // it fails where it has to read on
      isDown = false;
      expect([...idsOf(claimed), ...(await drain(driver, 7))]).toEqual(range(1, 7));
    });

    it('loses no released entry by a rewind', async () => {
      const { driver } = await serve(...range(1, 6));
      driver.release(await driver.claim(3));
      driver.rewind();
      const claimed = await drain(driver, 2); // where they stand among their neighbours, each driver says
      expect(claimed.toSorted((a, b) => a - b)).toEqual(range(1, 6));
    });

    whileReadingContract(make, capacity);

    it('holds no more than its capacity, however long the backlog and however much is enqueued', async () => {
      const driver = await make();
      let isEmpty = false;
      let handedOut = 0;
      driver.open(async (after, limit) => {
        if (isEmpty) return [];
        handedOut += limit;
        return range(after + 1, after + limit).map(entry);
      });
      await driver.claim(1);
      expect(handedOut).toBeLessThanOrEqual(capacity);
      driver.enqueue(range(10 * capacity, 12 * capacity).map(entry));
      isEmpty = true;
      expect((await drain(driver, capacity)).length).toBeLessThanOrEqual(capacity);

      const { driver: idle, table } = await serve();
      await idle.claim(1);
      idle.enqueue(range(1, 3 * capacity).map(entry));
      table.clear();
      expect((await drain(idle, capacity)).length).toBeLessThanOrEqual(capacity);
    });

    it('keeps its promises through any sequence of events', async () => {
      const run = async (sequence: Parameters<QueueModel['run']>[0][]) => {
        const model = new QueueModel(await make());
        for (const step of sequence) await model.run(step);
        return model;
      };
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          await (await run(sequence)).finish();
          expect(await (await run(sequence)).held()).toBeLessThanOrEqual(capacity);
        }),
        { numRuns },
      );
    });
  });
}
