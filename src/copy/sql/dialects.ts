import type { Database } from '../../database/database.js';
import type { CopySql } from './copy.sql.js';
import { MysqlCopySql } from './mysql.sql.js';
import { PostgresCopySql } from './postgres.sql.js';
import { SqliteCopySql } from './sqlite.sql.js';

export function copySql(database: Database): CopySql {
  switch (database.dialect) {
    case 'sqlite':
      return new SqliteCopySql(database);
    case 'postgres':
      return new PostgresCopySql(database);
    case 'mysql':
      return new MysqlCopySql(database);
  }
}
