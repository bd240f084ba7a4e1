import type { Database } from '../../../database/database.js';
import { MysqlOrdersSql } from './mysql.sql.js';
import type { OrdersSql } from './orders.sql.js';
import { PostgresOrdersSql } from './postgres.sql.js';
import { SqliteOrdersSql } from './sqlite.sql.js';

/** The one place where a kind of database is chosen. */
export function ordersSql(database: Database): OrdersSql {
  switch (database.dialect) {
    case 'sqlite':
      return new SqliteOrdersSql(database);
    case 'postgres':
      return new PostgresOrdersSql(database);
    case 'mysql':
      return new MysqlOrdersSql(database);
  }
}
