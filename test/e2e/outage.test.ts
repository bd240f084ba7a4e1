import { get, until } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { withDatabase } from '../support/ledger.js';
import { OWN_DATABASES, type OwnDatabase } from '../support/own.databases.js';
import { Posters } from '../support/posters.js';

const CLIENTS = 8;
const LEASE_MS = 1000;

/** From the first answer of the database to the next order that is accepted: what is promised. */
const BACK_MS = 2000;

describe.each(OWN_DATABASES)('while %s crashes and comes back, under load', (_, Own, isPossible) => {
  let database: OwnDatabase | undefined;
  let cluster: Cluster | undefined;
  let posters: Posters | undefined;
  afterEach(async () => {
    await cluster?.kill();
    await posters?.abandon();
    await database?.remove();
    cluster = posters = database = undefined;
  });

  (isPossible ? it : it.skip)(
    'refuses with 503 and Retry-After only, is back within 2 s, and loses nothing',
    async () => {
      const crashing = (database = await Own.create());
      const { url } = crashing;
      const running = (cluster = await Cluster.start(url, { LEASE_MS, PROCESSING_TIME_MS: 5 }));
      const { ledger, apis } = running;
      const [api] = apis;
      const clients = (posters = new Posters([api?.url ?? ''], ledger, CLIENTS)); // one accepts: no number is committed late
      const accepted = async () => ledger.acknowledged.size;
      const completed = () =>
        withDatabase(url, async (query) => {
          const sql = `SELECT COUNT(*) AS count FROM orders WHERE status = 'Completed'`;
          return Number((await query<{ count: number | string }>(sql))[0]?.count);
        });
      for (let crashes = 1; crashes <= 2; crashes++) {
        const before = ledger.acknowledged.size;
        await until(accepted, (count) => count > before + 200);
        ledger.refusals.clear();
        await crashing.crash();
        await until(
          async () => ledger.refusals.size,
          (size) => size > 0,
        );
        for (const { url: other } of apis) expect((await get(`${other}/health/ready`)).status).toBe(503);
        await crashing.start();
        const [acceptedThen, answeredMs] = [ledger.acknowledged.size, performance.now()];
        const completedThen = await completed();
        await until(accepted, (count) => count > acceptedThen);
        expect(performance.now() - answeredMs).toBeLessThan(BACK_MS);
        await until(completed, (count) => count > completedThen);
        expect(performance.now() - answeredMs).toBeLessThan(BACK_MS + LEASE_MS);
        expect([...ledger.refusals]).toEqual(['503, Retry-After: 1']);
      }
      await clients.stop();
      expect([...ledger.refusals]).toEqual(['503, Retry-After: 1']);
      await running.completed();
      expect(await running.findings()).toEqual([]);
      for (const process of [...apis, ...running.workers]) expect(await process.stop()).toBe(0);
    },
    120_000,
  );
});
