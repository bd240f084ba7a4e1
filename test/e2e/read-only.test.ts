import { type Database, DatabaseUnavailable } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import { get, until } from '../support/client.js';
import { Ledger } from '../support/ledger.js';
import { testOnOwnDatabases } from '../support/own.databases.js';
import { makeReadOnly, makeWritable } from '../support/read.only.js';

/** From the moment at which new connections can write: what is promised. */
const BACK_MS = 2000;

testOnOwnDatabases(
  'after %s was read-only for a while, as in a failover',
  'orders are taken again within 2 s, ready tells the truth all along, and the log tells it once',
  { LEASE_MS: 300 },
  async (database, { url, log }) => {
    const ledger = new Ledger();
    const isAccepted = (order_id: string) => ledger.post(url, order_id);
    const isReady = async () => (await get(`${url}/health/ready`)).status === 200;
    for (let times = 1; times <= 2; times++) {
      // several at once, so that more than one connection knows the server as it was
      const before = await Promise.all([1, 2, 3, 4].map((order) => isAccepted(`before-${times}-${order}`)));
      expect([...before, await isReady()]).toEqual([true, true, true, true, true]);
      await makeReadOnly(database.url);
      await until(
        () => isAccepted(`while-${times}`),
        (accepted) => !accepted,
      );
      for (let order = 1; order <= 10; order++)
        expect(await Promise.all([isAccepted(`while-${times}-${order}`), isReady()])).toEqual([false, false]);
      await makeWritable(database.url);
      const writableMs = performance.now();
      await until(isReady, Boolean);
      for (let order = 1; order <= 10; order++)
        expect(await Promise.all([isAccepted(`after-${times}-${order}`), isReady()])).toEqual([true, true]);
      expect(performance.now() - writableMs).toBeLessThan(BACK_MS);
    }
    for (const order_id of ledger.sent) expect(await isAccepted(order_id)).toBe(true);
    expect([...ledger.refusals]).toEqual(['503, Retry-After: 1']);
    await until(
      () => get(`${url}/metrics`),
      ({ body }) => body.completed_orders === ledger.sent.size,
    );
    expect(await ledger.findings(database.url)).toEqual([]);
    for (const told of ['cannot write to the database: ', 'can write to the database again, after '])
      expect(log.filter((line) => line.includes(told))).toHaveLength(2);
  },
);

const WRITE = 'UPDATE order_counters SET value = value WHERE 1 = 0';

testOnOwnDatabases(
  'connections to %s that were made while it was read-only, and only read then,',
  'do not fail the first write after it',
  {},
  async ({ url }) => {
    const database = await openDatabase(url, 4);
    const write = () => database.transaction((query) => query(WRITE));
    try {
      await makeReadOnly(url);
      await until(() => refusal(write), Boolean); // the connections of before are closed by now
      await Promise.all([readingTransaction(database), readingTransaction(database)]);
      await makeWritable(url);
      await write();
    } finally {
      await database.onApplicationShutdown();
    }
  },
);

/** Whether the server itself refused it, as read-only. */
async function refusal(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    return /read[- ]only/i.test(String((error as DatabaseUnavailable).cause));
  }
}

function readingTransaction(database: Database): Promise<unknown> {
  return database.transaction((query) => query('SELECT 1'));
}
