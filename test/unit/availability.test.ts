import { Availability } from '../../src/database/availability.js';
import { DatabaseUnavailable } from '../../src/database/database.js';

describe('the availability of the database', () => {
  let outages: number;
  let writes: Availability;
  beforeEach(() => {
    outages = 0;
    writes = new Availability('write to', () => outages++);
  });

  const succeed = () => writes.watch(() => Promise.resolve());
  const fail = () =>
    writes.watch(() => Promise.reject(new DatabaseUnavailable(new Error('away')))).catch(() => undefined);
  /** One that is under way until it is told how it ends. */
  const begin = () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const ended = writes.watch(() => promise).catch(() => undefined);
    return {
      succeed: () => (resolve(), ended),
      fail: () => (reject(new DatabaseUnavailable(new Error('away'))), ended),
    };
  };

  it('ends with the first failure, and begins again with the first success', async () => {
    await fail();
    await fail();
    expect([writes.isUnavailable, outages]).toEqual([true, 1]);
    await succeed();
    expect(writes.isUnavailable).toBe(false);
    await fail();
    expect([writes.isUnavailable, outages]).toEqual([true, 2]);
  });

  it('does not come back with the success of what began before the outage', async () => {
    const early = begin();
    await fail();
    await early.succeed();
    expect([writes.isUnavailable, outages]).toEqual([true, 1]);
  });

  it('does not end again with the failure of what began before it came back', async () => {
    await fail();
    const early = begin();
    await succeed();
    await early.fail();
    expect([writes.isUnavailable, outages]).toEqual([false, 1]);
  });

  it('is not lost by a wrong statement', async () => {
    await writes.watch(() => Promise.reject(new Error('no such table'))).catch(() => undefined);
    expect([writes.isUnavailable, outages]).toEqual([false, 0]);
    await fail();
    await writes.watch(() => Promise.reject(new Error('no such table'))).catch(() => undefined);
    expect(writes.isUnavailable).toBe(false);
  });
});
