import { check, type Finding, type Promises } from '../../chaos/checker.js';
import { temporaryDatabase } from './app.js';
import { createDatabase, isThere, SERVERS, type TestServer } from './servers.js';
import { openDatabase } from '../../src/database/open.database.js';
import type { GivenRow } from '../../src/copy/columns.js';
import type { Database } from '../../src/database/database.js';

/** Somewhere to make an empty database: a file, or a server. */
export interface DatabaseKind {
  name: string;
  isThere: boolean;
  create(): Promise<{ url: string; remove: () => Promise<void> }>;
}

const file: DatabaseKind = {
  name: 'SQLite',
  isThere: true,
  create: async () => {
    const database = temporaryDatabase();
    return { url: database.url, remove: async () => database.remove() };
  },
};

const onServer = async (server: TestServer): Promise<DatabaseKind> => ({
  name: server.name,
  isThere: await isThere(server),
  create: () => createDatabase(server),
});

/** A file, PostgreSQL, MariaDB: those that are missing say so. */
export const PLACES = { file, postgres: await onServer(server(0)), mysql: await onServer(server(1)) };

/** Opens a database for as long as `use` takes. */
export async function withDatabase<Result>(
  url: string,
  use: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(url, 2);
  try {
    return await use(database);
  } finally {
    await database.onApplicationShutdown();
  }
}

export interface Books {
  orders: unknown[];
  history: unknown[];
  keys: unknown[];
  counters: unknown[];
}

const COUNTERS = `
  SELECT name, SUM(value) AS value FROM order_counters WHERE name <> 'last_seq' GROUP BY name HAVING SUM(value) <> 0`;

/** All that is kept of orders, in the words of any database: integers as text, counters summed up, by name whatever the collation. */
export function booksOf(url: string): Promise<Books> {
  const all = async ({ read }: Database, sql: string) =>
    (await read<GivenRow>(sql)).map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)]),
      ),
    );
  return withDatabase(url, async (database) => ({
    orders: await all(database, 'SELECT * FROM orders ORDER BY seq'),
    history: await all(database, 'SELECT * FROM order_history ORDER BY id'),
    keys: await all(database, 'SELECT * FROM order_keys ORDER BY order_seq'),
    counters: (await all(database, COUNTERS)).toSorted((a, b) =>
      String(a['name']) < String(b['name']) ? -1 : 1,
    ),
  }));
}

/** What the campaign's checker finds in a database that nobody writes to. */
export function findingsIn(url: string, promises: Promises): Promise<Finding[]> {
  return withDatabase(url, (database) =>
    database.transaction(async (query) => {
      if (database.dialect === 'mysql')
        await query(`SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')`); // its SQL is standard
      return (await check(query, promises)).filter(({ count }) => count > 0);
    }),
  );
}

function server(index: number): TestServer {
  const found = SERVERS[index];
  if (!found) throw new Error('no such server');
  return found;
}
