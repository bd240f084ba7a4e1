import { OwnMariadb } from './own.mariadb.js';
import { OwnPostgres } from './own.postgres.js';
import { ServerProcess } from './server.js';

/** Database servers that a test starts for itself and may break, for `describe.each`: name, class, whether it can run here. */
export const OWN_DATABASES = [
  ['PostgreSQL', OwnPostgres, OwnPostgres.isPossible()],
  ['MariaDB', OwnMariadb, OwnMariadb.isPossible()],
] as const;

export type OwnDatabase = OwnPostgres | OwnMariadb;

/**
 * Makes one test for each of them, with an Ordermill process on a new database server; both are gone afterwards. A kind of
 * server that this machine lacks is reported as skipped.
 * @param title with `%s` for the name of the server
 */
export function testOnOwnDatabases(
  title: string,
  promise: string,
  environment: Record<string, string | number>,
  test: (database: OwnDatabase, server: ServerProcess) => Promise<void>,
): void {
  describe.each(OWN_DATABASES)(title, (_, Own, isPossible) => {
    let database: OwnDatabase | undefined;
    let server: ServerProcess | undefined;
    afterEach(async () => {
      await server?.kill();
      await database?.remove();
      server = database = undefined;
    });

    (isPossible ? it : it.skip)(
      promise,
      async () => {
        database = await Own.create();
        server = await ServerProcess.start({ DATABASE_URL: database.url, ...environment });
        await test(database, server);
      },
      60_000,
    );
  });
}
