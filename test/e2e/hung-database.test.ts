import { get, until } from '../support/client.js';
import { Ledger, withDatabase } from '../support/ledger.js';
import { OwnMariadb } from '../support/own.mariadb.js';
import { OwnPostgres } from '../support/own.postgres.js';
import { ServerProcess } from '../support/server.js';

/** Far below the time-out of a test, and far above what a statement takes. */
const TIMEOUT_MS = 1000;

describe.each([
  ['PostgreSQL', OwnPostgres, OwnPostgres.isPossible()],
  ['MariaDB', OwnMariadb, OwnMariadb.isPossible()],
] as const)('while %s does not answer, and does not close its connections', (_, Own, isPossible) => {
  let database: OwnPostgres | OwnMariadb | undefined;
  let server: ServerProcess | undefined;
  afterEach(async () => {
    await server?.kill();
    await database?.remove();
    server = database = undefined;
  });

  (isPossible ? it : it.skip)(
    'every request is answered with 503 and Retry-After, and it goes on as soon as that does',
    async () => {
      const hanging = (database = await Own.create());
      const { url } = (server = await ServerProcess.start({
        DATABASE_URL: hanging.url,
        DATABASE_TIMEOUT_MS: TIMEOUT_MS,
        PROCESSING_TIME_MS: 0,
        LEASE_MS: 300,
      }));
      const ledger = new Ledger();
      const accept = (order_id: string) => ledger.post(url, order_id);
      expect(await accept('before')).toBe(true);
      await hanging.freeze();
      const asked = await Promise.all([
        ...Array.from({ length: 30 }, (_order, index) => accept(`while-${index}`)),
        ...['/orders/before', '/orders/before/status', '/orders', '/health/ready'].map(async (path) => {
          const { status, headers } = await get(url + path);
          return ledger.note(path, status, headers.get('retry-after'));
        }),
      ]);
      expect(asked.filter(Boolean)).toEqual([]);
      expect([...ledger.refusals]).toEqual(['503, Retry-After: 1']);
      hanging.thaw();
      for (const order_id of ledger.sent) await until(() => accept(order_id), Boolean);
      await until(
        () => get(`${url}/metrics`),
        ({ body }) => body.completed_orders === ledger.sent.size,
      );
      expect(await ledger.findings(hanging.url)).toEqual([]);
      expect(await withDatabase(hanging.url, (query) => query('SELECT seq FROM orders'))).toHaveLength(31);
      expect(await server.stop()).toBe(0);
    },
    60_000,
  );
});
