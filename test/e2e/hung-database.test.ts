import { get, until } from '../support/client.js';
import { Ledger, withDatabase } from '../support/ledger.js';
import { testOnOwnDatabases } from '../support/own.databases.js';

/** Far below the time-out of a test, and far above what a statement takes. */
const TIMEOUT_MS = 1000;

testOnOwnDatabases(
  'while %s does not answer, and does not close its connections',
  'every request is answered with 503 and Retry-After, and it goes on as soon as that does',
  { DATABASE_TIMEOUT_MS: TIMEOUT_MS, PROCESSING_TIME_MS: 0, LEASE_MS: 300 },
  async (database, server) => {
    const { url } = server;
    const ledger = new Ledger();
    const accept = (order_id: string) => ledger.post(url, order_id);
    expect(await accept('before')).toBe(true);
    await database.freeze();
    const asked = await Promise.all([
      ...Array.from({ length: 30 }, (_order, index) => accept(`while-${index}`)),
      ...['/orders/before', '/orders/before/status', '/orders', '/health/ready'].map(async (path) => {
        const { status, headers } = await get(url + path);
        return ledger.note(path, status, headers.get('retry-after'));
      }),
    ]);
    expect(asked.filter(Boolean)).toEqual([]);
    expect([...ledger.refusals]).toEqual(['503, Retry-After: 1']);
    database.thaw();
    for (const order_id of ledger.sent) await until(() => accept(order_id), Boolean);
    await until(
      () => get(`${url}/metrics`),
      ({ body }) => body.completed_orders === ledger.sent.size,
    );
    expect(await ledger.findings(database.url)).toEqual([]);
    expect(await withDatabase(database.url, (query) => query('SELECT seq FROM orders'))).toHaveLength(31);
    expect(await server.stop()).toBe(0);
  },
);
