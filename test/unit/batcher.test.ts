import { Batcher, BatcherFull, type BatcherOptions, type Outcome } from '../../src/common/batcher.js';
import { until } from '../support/client.js';

const nextTurn = () => new Promise(setImmediate);

/** A batcher whose flush is `flush`, and the batches that it was given. */
function batcherOf(
  flush: (items: number[]) => Promise<Outcome<string>[]> = async (items) => items.map(done),
  options: Partial<BatcherOptions<number>> = {},
) {
  const batches: number[][] = [];
  const batcher = new Batcher<number, string>(
    (items) => {
      batches.push(items);
      return flush(items);
    },
    { maxBatch: 100, maxWaiting: 1000, maxFlushes: 1, gathers: true, isShared: () => false, ...options },
  );
  return { batcher, batches };
}

const done = (item: number): Outcome<string> => ({ value: `done ${item}` });

describe('a batcher', () => {
  it('gives each item its own result', async () => {
    const { batcher } = batcherOf();
    expect(await Promise.all([1, 2, 3].map((item) => batcher.add(item)))).toEqual([
      'done 1',
      'done 2',
      'done 3',
    ]);
  });

  it('gives all of several items their outcomes in their order, over flushes, and none where there are none', async () => {
    const { batcher, batches } = batcherOf(
      async (items) => items.map((item) => (item === 2 ? { error: 'bad' } : done(item))),
      { maxBatch: 2 },
    );
    expect(await batcher.addAll([1, 2, 3])).toEqual([done(1), { error: 'bad' }, done(3)]);
    expect(batches).toEqual([[1, 2], [3]]);
    expect(await batcher.addAll([])).toEqual([]);
  });

  it.each([1, 2])('flushes nothing when nothing waits, with %d flushes at once', async (maxFlushes) => {
    const { batcher, batches } = batcherOf(undefined, { maxFlushes, gathers: false });
    await Promise.all([batcher.add(1), batcher.add(2)]);
    for (let turns = 0; turns < 10; turns++) await nextTurn();
    expect(batches).toEqual([[1, 2]]);
  });

  it('flushes together what arrives in one turn of the event loop, in the order of arrival', async () => {
    const { batcher, batches } = batcherOf();
    const first = batcher.add(1);
    await Promise.resolve();
    await Promise.all([first, batcher.add(2), batcher.add(3)]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('fills a flush up to its size, and lets an item that is larger go alone', async () => {
    const { batcher, batches } = batcherOf(undefined, {
      size: { of: (item) => item, maxBatch: 10, maxWaiting: 1000 },
    });
    await Promise.all([3, 3, 4, 1, 50, 9, 2, 10].map((item) => batcher.add(item)));
    expect(batches).toEqual([[3, 3, 4], [1], [50], [9], [2], [10]]);
  });

  it('refuses what would make too much wait, but never an item that waits alone', async () => {
    const gate = Promise.withResolvers<void>();
    const { batcher } = batcherOf(
      async (items) => {
        await gate.promise;
        return items.map(done);
      },
      { size: { of: (item) => item, maxBatch: 10, maxWaiting: 20 } },
    );
    const first = batcher.add(100);
    await nextTurn();
    await nextTurn();
    const waiting = [10, 10, 1, 30].map((item) => batcher.add(item));
    gate.resolve();
    expect(await Promise.allSettled([first, ...waiting])).toMatchObject([
      { value: 'done 100' },
      { value: 'done 10' },
      { value: 'done 10' },
      { reason: expect.any(BatcherFull) },
      { reason: expect.any(BatcherFull) },
    ]);
    expect(await batcher.add(30)).toBe('done 30');
  });

  it('collects what arrives during a flush, and never lets two flushes overlap', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    let open = 0;
    const { batcher, batches } = batcherOf(async (items) => {
      expect(++open).toBe(1);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      open--;
      return items.map(done);
    });
    const all = [batcher.add(1)];
    for (const item of [2, 3, 4]) {
      await nextTurn();
      all.push(batcher.add(item));
    }
    await nextTurn();
    expect(batches).toEqual([[1]]);
    gates[0]?.resolve();
    await until(
      async () => gates.length,
      (length) => length === 2,
    );
    expect(batches).toEqual([[1], [2, 3, 4]]);
    gates[1]?.resolve();
    await Promise.all(all);
  });

  it('has as many flushes under way as it may, begun in the order of arrival', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const { batcher, batches } = batcherOf(
      async (items) => {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        return items.map(done);
      },
      { maxFlushes: 2 },
    );
    const begun = (count: number) =>
      until(
        async () => gates.length,
        (length) => length === count,
      );
    const all = [batcher.add(1)];
    await begun(1);
    all.push(batcher.add(2), batcher.add(3));
    await begun(2);
    all.push(batcher.add(4), batcher.add(5));
    await nextTurn();
    await nextTurn();
    expect(batches).toEqual([[1], [2, 3]]);
    gates[1]?.resolve();
    await begun(3);
    expect(batches).toEqual([[1], [2, 3], [4, 5]]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5].map((item) => `done ${item}`));
  });

  it('waits for the rest of a burst only if it gathers', async () => {
    for (const gathers of [true, false]) {
      const { batcher, batches } = batcherOf(undefined, { gathers });
      const first = batcher.add(1);
      void batcher.add(2);
      await Promise.all([first, nextTurn().then(() => batcher.add(3))]);
      expect(batches).toEqual(gathers ? [[1, 2, 3]] : [[1, 2], [3]]);
    }
  });

  it('gives a flush at most maxBatch items and keeps the order over flushes', async () => {
    const { batcher, batches } = batcherOf(undefined, { maxBatch: 2 });
    await Promise.all([1, 2, 3, 4, 5].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('fails an item whose outcome is an error, and no other', async () => {
    const { batcher, batches } = batcherOf(async (items) =>
      items.map((item) => (item === 2 ? { error: new Error('two') } : done(item))),
    );
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toHaveLength(1);
  });

  it('tries the items alone when a flush fails, so that a bad one fails alone', async () => {
    const { batcher, batches } = batcherOf(async (items) => {
      if (items.includes(2)) throw new Error('bad item');
      return items.map(done);
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results).toMatchObject([
      { value: 'done 1' },
      { reason: { message: 'bad item' } },
      { value: 'done 3' },
    ]);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('fails all items at once on an error that is the whole batch’s', async () => {
    const gone = new Error('the database is gone');
    const { batcher, batches } = batcherOf(() => Promise.reject(gone), {
      isShared: (error) => error === gone,
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status === 'rejected' && result.reason)).toEqual([
      gone,
      gone,
      gone,
    ]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('goes on with the next batch after one that failed', async () => {
    let failing = true;
    const { batcher } = batcherOf(async (items) => {
      if (failing) throw new Error('not yet');
      return items.map(done);
    });
    await expect(batcher.add(1)).rejects.toThrow('not yet');
    failing = false;
    await expect(batcher.add(1)).resolves.toBe('done 1');
  });

  it('rejects an item that a flush has no outcome for', async () => {
    const { batcher } = batcherOf(async (items) => items.slice(1).map(done));
    const results = await Promise.allSettled([1, 2].map((item) => batcher.add(item)));
    expect(results[1]).toMatchObject({ reason: { message: 'a flush forgot an item' } });
  });

  it('refuses an item too many, loses none of the others, and has room again later', async () => {
    const { batcher } = batcherOf(undefined, { maxWaiting: 2 });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2]).toMatchObject({ reason: expect.any(BatcherFull) });
    await expect(batcher.add(3)).resolves.toBe('done 3');
  });
});
