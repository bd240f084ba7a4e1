import { DatabaseUnavailable, type Database, type Query } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import { Proxy } from '../support/proxy.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const POOL_SIZE = 2;
const INSERT = `INSERT INTO order_counters (name, slot, value) VALUES ('mark', ?, 1)`;

const marksIn = async (database: Database) =>
  (
    await database.read<{ slot: number }>(`SELECT slot FROM order_counters WHERE name = 'mark' ORDER BY slot`)
  ).map(({ slot }) => slot);

for (const server of SERVERS) {
  const suite = (await isThere(server)) ? describe : describe.skip;
  suite(`a statement on ${server.name}`, () => {
    const isPostgres = server.name === 'PostgreSQL';
    let url: string;
    let remove: () => Promise<void>;
    beforeEach(async () => void ({ url, remove } = await createDatabase(server)));
    afterEach(() => remove());

    it('is not run outside of a transaction that could not be begun', async () => {
      const proxy = await Proxy.open(url);
      const database = await openDatabase(proxy.url, POOL_SIZE);
      const [begin, misspelt] = isPostgres
        ? ['BEGIN\0', 'BEGIX\0']
        : ['START TRANSACTION', 'START TRANSACTIOX'];
      const misspell = (chunk: Buffer) =>
        Buffer.from(chunk.toString('latin1').replace(begin, misspelt), 'latin1');
      for (const slot of [1, 2, 3]) {
        proxy.rewrite = misspell;
        await expect(database.transaction((query) => query(INSERT, [slot]))).rejects.toThrow(/syntax/i);
        const atOnce = (query: Query) =>
          Promise.all([query(INSERT, [10 + slot]), query(INSERT, [20 + slot])]);
        await expect(database.transaction(atOnce)).rejects.toThrow(/syntax/i);
        proxy.rewrite = (chunk) => chunk;
        await database.transaction((query) => query(INSERT, [30 + slot])); // and what comes after is
      }
      expect(await marksIn(database)).toEqual([31, 32, 33]);
      await database.onApplicationShutdown();
      proxy.close();
    });

    it('that failed fails its transaction, though the work goes on as if nothing had happened', async () => {
      const database = await openDatabase(url, POOL_SIZE);
      const work = async (query: Query) => {
        await query(INSERT, [1]);
        await query(INSERT, [1]).catch(() => 'it is there already');
      };
      await expect(database.transaction(work)).rejects.toThrow(/duplicate/i);
      expect(await marksIn(database)).toEqual([]);
      await database.onApplicationShutdown();
    });

    it('of a process that stands still in a transaction does not hold up the others for ever', async () => {
      const silent = await openDatabase(url, POOL_SIZE, 1000);
      const other = await openDatabase(url, POOL_SIZE);
      await other.transaction((query) => query(INSERT, [1]));
      const add = (query: Query) => query(`UPDATE order_counters SET value = value + 1 WHERE name = 'mark'`);
      const [locked, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const late = silent.transaction(async (query) => {
        await add(query);
        locked.resolve();
        await awake.promise;
        await add(query);
      });
      await locked.promise;
      await other.transaction(add);
      awake.resolve();
      await expect(late).rejects.toThrow(DatabaseUnavailable);
      expect(await other.read(`SELECT value FROM order_counters WHERE name = 'mark'`)).toEqual([
        { value: 2 },
      ]);
      for (const database of [silent, other]) await database.onApplicationShutdown();
    });

    it('whose tables were changed by another process is taken all the same', async () => {
      const database = await openDatabase(url, POOL_SIZE);
      const ask = 'SELECT value FROM order_counters';
      for (const query of [database.read, database.write]) await query(ask);
      const change = isPostgres ? 'ALTER COLUMN value TYPE numeric' : 'MODIFY value decimal(20)';
      await database.transaction((query) => query(`ALTER TABLE order_counters ${change}`));
      for (const query of [database.read, database.write]) expect(await query(ask)).toEqual([]);
      await database.onApplicationShutdown();
    });

    it('that is refused for itself alone does not make the database unavailable', async () => {
      const database = await openDatabase(url, POOL_SIZE);
      const work = isPostgres
        ? async (query: Query) => {
            await query(`SET LOCAL temp_file_limit = '64kB'`);
            await query(`SET LOCAL work_mem = '64kB'`);
            await query(
              'SELECT COUNT(*) FROM (SELECT n FROM generate_series(1, 100000) AS n ORDER BY n DESC OFFSET 1) AS sorted',
            );
          }
        : async (query: Query) =>
            void (await query('SELECT ?', ['x'.repeat(2 * database.maxStatementBytes + 100_000)]));
      const error = await database.transaction(work).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(DatabaseUnavailable);
      expect(String(error)).toMatch(
        isPostgres ? /temp_file_limit/ : /larger than the server's max_allowed_packet/,
      );
      await database.ping();
      await database.onApplicationShutdown();
    });
  });
}
