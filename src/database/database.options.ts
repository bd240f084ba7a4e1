import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import { OrdersSchema1763683200000 } from './migrations/1763683200000-orders.js';

/** A commit is on the disk when it returns: WAL with FULL syncs the log at every commit (TypeORM's enableWAL does not). */
export const WRITING = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'busy_timeout = 0', // to wait here would stop the whole process; `SqliteDatabase` waits without
  'wal_autocheckpoint = 4000', // pages; each is written back once for many commits that touched it
  'cache_size = -32768', // KiB
];

/** TypeORM's options for `sqlite:<path>`, to migrate it. Shared with `ormconfig.ts`, so that the CLI agrees. */
export function databaseOptions(url: string): BetterSqlite3DataSourceOptions {
  const database = resolve(url.slice('sqlite:'.length));
  mkdirSync(dirname(database), { recursive: true });
  return {
    type: 'better-sqlite3',
    database,
    prepareDatabase: (connection: unknown) => {
      for (const pragma of WRITING) (connection as SqliteConnection).pragma(pragma); // TypeORM types its drivers' connections as any
    },
    migrations: [OrdersSchema1763683200000],
    migrationsTableName: 'migrations',
    synchronize: false,
  };
}
