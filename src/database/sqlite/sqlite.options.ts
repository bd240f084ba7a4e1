import type { Database as SqliteConnection } from 'better-sqlite3';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import { SCHEMA } from '../schema/schema.options.js';
import { realFile } from './sqlite.file.js';

/**
 * Pragmas of the connection that writes. A commit is on the disk when it returns: WAL with FULL syncs the log at every
 * commit (TypeORM's enableWAL does not).
 */
export const WRITING = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'busy_timeout = 0', // SQLite's own wait would block the process; `SqliteDatabase` waits with a timer
  'wal_autocheckpoint = 2000', // pages: each is written back once for many commits, and the commit that does it stays below 20 ms
  'cache_size = -32768', // KiB
];

/** For `sqlite:<path>`; makes the file and its folders. */
export function sqliteOptions(url: string): BetterSqlite3DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: realFile(url.slice('sqlite:'.length)),
    prepareDatabase: (connection: unknown) => {
      for (const pragma of WRITING) (connection as SqliteConnection).pragma(pragma); // TypeORM types its drivers' connections as any
    },
    ...SCHEMA,
  };
}
