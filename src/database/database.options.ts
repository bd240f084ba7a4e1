import { readFileSync } from 'node:fs';
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { DataSourceOptions } from 'typeorm';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import { mysqlDriver } from './mysql.driver.js';
import { OrdersSchema1763683200000 } from './migrations/1763683200000-orders.js';
import { CounterSlots1763712000000 } from './migrations/1763712000000-counter-slots.js';
import { MovesOnly1763740800000 } from './migrations/1763740800000-moves-only.js';
import { OrderKeys1763769600000 } from './migrations/1763769600000-order-keys.js';
import { BoundedReads1763798400000 } from './migrations/1763798400000-bounded-reads.js';
import { stepwise } from './schema/stepwise.js';
import { realFile } from './sqlite.file.js';

/** A commit is on the disk when it returns: WAL with FULL syncs the log at every commit (TypeORM's enableWAL does not). */
export const WRITING = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'busy_timeout = 0', // to wait here would stop the whole process; `SqliteDatabase` waits without
  'wal_autocheckpoint = 2000', // pages: each is written back once for many commits, and the commit that does it stays below 20 ms
  'cache_size = -32768', // KiB
];

const MIGRATIONS = {
  migrations: stepwise([
    OrdersSchema1763683200000,
    CounterSlots1763712000000,
    MovesOnly1763740800000,
    OrderKeys1763769600000,
    BoundedReads1763798400000,
  ]),
  migrationsTableName: 'migrations',
  synchronize: false,
};

const CONNECT_TIMEOUT_MS = 2000;

/**
 * Every question wants a few rows in the order of an index. PostgreSQL, when its statistics are old, may think that few match
 * in any case, or most, and reads all of them to sort them: so it is told to do that only where nothing else can be done;
 * and not to compile a statement because that is then thought to cost much.
 */
const FIRST_ROWS = '-c enable_bitmapscan=off -c enable_seqscan=off -c jit=off';

/** TypeORM's options for any `DATABASE_URL`, in `ormconfig.ts` too, so that the CLI agrees; the rest as for `serverOptions`. */
export function databaseOptions(url: string, poolSize = 1, silenceMs = 0): DataSourceOptions {
  return url.startsWith('sqlite:') ? sqliteOptions(url) : serverOptions(url, poolSize, silenceMs);
}

/**
 * For `postgres://…` and `mysql://…`, with what the drivers know in the URL's query: `?sslmode=verify-full`, `?ssl={…}`.
 * @param silenceMs after which the server rolls back a transaction whose process says nothing, and closes its connection:
 *   the rows that it locked are free for others again; 0: never
 */
export function serverOptions(url: string, poolSize: number, silenceMs = 0) {
  const common = { url, poolSize, ...MIGRATIONS };
  if (url.startsWith('postgres'))
    return {
      type: 'postgres' as const,
      ...common,
      parseInt8: true, // instants and amounts are below 2^53
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      extra: {
        keepAlive: true,
        pipeline: true,
        options: `${FIRST_ROWS} -c idle_in_transaction_session_timeout=${silenceMs}`,
      },
    };
  return {
    type: 'mysql' as const,
    ...common,
    driver: mysqlDriver(CONNECT_TIMEOUT_MS, silenceMs),
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    supportBigNumbers: true,
    bigNumberStrings: false,
    ...mysqlTls(url),
  };
}

/**
 * `?ssl={…}` of a `mysql://…`. TypeORM drops its query, so what asked for TLS would connect without; what nobody reads
 * is refused. `ca`, `cert` and `key` are files, or PEM.
 */
function mysqlTls(url: string): { ssl?: Record<string, unknown> } {
  const query = new URLSearchParams(/^\w+:\/\/[^/]*\/[^?]*\?(.*)$/.exec(url)?.[1]);
  for (const key of query.keys())
    if (key !== 'ssl') throw new Error(`DATABASE_URL: a mysql:// URL may say ?ssl={…}, but not ${key}`);
  const given = query.get('ssl');
  if (given === null) return {};
  const ssl = parseObject(given);
  if (!ssl) throw new Error(`DATABASE_URL: ssl=${given} must be a JSON object, {} or {"ca":"<file>"}`);
  for (const key of ['ca', 'cert', 'key']) {
    const value = ssl[key];
    if (typeof value === 'string' && !value.includes('-----BEGIN')) ssl[key] = readFileSync(value, 'utf8');
  }
  return { ssl };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // the caller says so
  }
}

/** For `sqlite:<path>`; makes the file and its folders. */
export function sqliteOptions(url: string): BetterSqlite3DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: realFile(url.slice('sqlite:'.length)),
    prepareDatabase: (connection: unknown) => {
      for (const pragma of WRITING) (connection as SqliteConnection).pragma(pragma); // TypeORM types its drivers' connections as any
    },
    ...MIGRATIONS,
  };
}
