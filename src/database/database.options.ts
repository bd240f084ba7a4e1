import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { DataSourceOptions } from 'typeorm';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import { OrdersSchema1763683200000 } from './migrations/1763683200000-orders.js';
import { CounterSlots1763712000000 } from './migrations/1763712000000-counter-slots.js';
import { MovesOnly1763740800000 } from './migrations/1763740800000-moves-only.js';

/** A commit is on the disk when it returns: WAL with FULL syncs the log at every commit (TypeORM's enableWAL does not). */
export const WRITING = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'busy_timeout = 0', // to wait here would stop the whole process; `SqliteDatabase` waits without
  'wal_autocheckpoint = 2000', // pages: each is written back once for many commits, and the commit that does it stays below 20 ms
  'cache_size = -32768', // KiB
];

const MIGRATIONS = {
  migrations: [OrdersSchema1763683200000, CounterSlots1763712000000, MovesOnly1763740800000],
  migrationsTableName: 'migrations',
  synchronize: false,
};

const CONNECT_TIMEOUT_MS = 2000;

/** TypeORM's options for any `DATABASE_URL`. For `ormconfig.ts`, so that the CLI agrees. */
export function databaseOptions(url: string): DataSourceOptions {
  return url.startsWith('sqlite:') ? sqliteOptions(url) : serverOptions(url, 1);
}

/** For `postgres://…` and `mysql://…`, with what the drivers know in the URL's query: `?sslmode=verify-full`, `?ssl={…}`. */
export function serverOptions(url: string, poolSize: number) {
  const common = { url, poolSize, ...MIGRATIONS };
  if (url.startsWith('postgres'))
    return {
      type: 'postgres' as const,
      ...common,
      parseInt8: true, // instants and amounts are below 2^53
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      extra: { keepAlive: true, pipeline: true },
    };
  return {
    type: 'mysql' as const,
    ...common,
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

/** For `sqlite:<path>`. */
export function sqliteOptions(url: string): BetterSqlite3DataSourceOptions {
  const database = resolve(url.slice('sqlite:'.length));
  mkdirSync(dirname(database), { recursive: true });
  return {
    type: 'better-sqlite3',
    database,
    prepareDatabase: (connection: unknown) => {
      for (const pragma of WRITING) (connection as SqliteConnection).pragma(pragma); // TypeORM types its drivers' connections as any
    },
    ...MIGRATIONS,
  };
}
