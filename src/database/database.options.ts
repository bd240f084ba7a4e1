import type { DataSourceOptions } from 'typeorm';
import { mysqlOptions } from './server/mysql/mysql.options.js';
import { postgresOptions } from './server/postgres/postgres.options.js';
import { sqliteOptions } from './sqlite/sqlite.options.js';

/**
 * TypeORM's options for any `DATABASE_URL`; `ormconfig.ts` uses them too, so that the command line agrees.
 * @param poolSize most connections to a server
 * @param silenceMs see `ServerOptions`
 */
export function databaseOptions(url: string, poolSize = 1, silenceMs = 0): DataSourceOptions {
  if (url.startsWith('sqlite:')) return sqliteOptions(url);
  const options = { url, poolSize, silenceMs };
  return url.startsWith('postgres') ? postgresOptions(options) : mysqlOptions(options);
}
