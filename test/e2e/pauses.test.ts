import { anOrder, post, until } from '../support/client.js';
import { DisturbedCluster } from '../support/disturbed.cluster.js';
import { withDatabase } from '../support/ledger.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const SEED = Number(process.env['PAUSES_SEED'] ?? Date.now() % 2 ** 31);

/** Of a process or its connections; each lasts about as long as a lease. */
const PAUSES = Number(process.env['PAUSES'] ?? 6);
const LONGEST_MS = 5000;

/** Room is noticed within a second; the rest is for a machine that is busy. */
const ROOM_MS = 5000;
const MOST_PENDING = 20;

for (const server of SERVERS)
  ((await isThere(server)) ? describe : describe.skip)(
    `two that accept and two that process on ${server.name} (PAUSES_SEED=${SEED})`,
    () => {
      let database: Awaited<ReturnType<typeof createDatabase>>;
      let cluster: DisturbedCluster | undefined;
      const start = async (mostPending?: number) =>
        (cluster = await DisturbedCluster.start(database.url, SEED, mostPending));
      beforeEach(async () => {
        database = await createDatabase(server);
      });
      afterEach(async () => {
        await cluster?.end();
        cluster = undefined;
        await database.remove();
      });

      it(
        'keep every promise while they stand still and lose their connections at random moments',
        async () => {
          const running = await start();
          await running.run(PAUSES);
          expect(running.book.acknowledged.size).toBeGreaterThan(10 * PAUSES);
          const { troubles, book } = running;
          expect({ troubles, wrong: book.wrong, findings: await running.findings() }).toEqual({
            troubles: [],
            wrong: [],
            findings: [],
          });
        },
        120_000 + PAUSES * LONGEST_MS,
      );

      it('take orders again as soon as there is room, though they had refused all of them', async () => {
        const running = await start(MOST_PENDING);
        const [open, narrow] = running.apis.map((api) => api.server.url);
        for (const { server: worker } of running.workers) worker.process.kill('SIGSTOP');
        const orders = Array.from({ length: 2 * MOST_PENDING }, () => anOrder());
        await post(`${open}/orders/batch`, { orders });
        await until(
          () => post(`${narrow}/orders`, anOrder()),
          ({ status }) => status === 503,
        );
        for (const { server: worker } of running.workers) worker.process.kill('SIGCONT');
        await running.drained();
        await until(
          () => post(`${narrow}/orders`, anOrder()),
          ({ status }) => status === 201,
          ROOM_MS,
        );
      }, 60_000);

      if (server.name !== 'PostgreSQL') return; // MariaDB is read-only as a whole, for all who use it

      it('go on after their connections were made to a database that was read-only for a while', async () => {
        const running = await start();
        await setReadOnly(database.url, true);
        for (const { proxy } of running.members) proxy.cut();
        const posts = () =>
          Promise.all(running.apis.map((api) => post(`${api.server.url}/orders`, anOrder())));
        await until(posts, (answers) => answers.every(({ status }) => status === 503));
        await setReadOnly(database.url, false);
        await until(posts, (answers) => answers.every(({ status }) => status === 201), ROOM_MS);
        await running.drained();
      }, 90_000);
    },
  );

/** As a server is that was the primary, or is not yet: for sessions from now on. */
async function setReadOnly(url: string, isReadOnly: boolean): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await withDatabase(url, async (query) => {
    await query('SET default_transaction_read_only = off'); // of this session: it may be one of those
    await query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`);
  });
}
