import type { Dialect } from '../../database/database.js';
import type { Row } from '../columns.js';
import { MYSQL } from './mysql.sql.js';
import { POSTGRES } from './postgres.sql.js';
import { SQLITE } from './sqlite.sql.js';

/** The statements of a copy that are not the same text on every database. Positional parameters are `?`. */
export interface CopySql {
  /** Rows as the one parameter of the inserts. `text` is the same rows as JSON. */
  rows(rows: Row[], text: string): unknown;
  insertOrders: string;
  insertHistory: string;
  insertKeys: string;
  /** `order_history`, and that a range of orders is to be found by its index. */
  history: string;
  /** Returns the last number of the sequence that seq and queue_seq are taken from. */
  lastNumber: string;
  /** Takes that number. Not where it is a counter. */
  setLastNumber?: string;
  /** The next entry's id is to be greater than all there are. Not where that is so by itself. */
  passHistoryIds?: string;
  /** Takes a number and holds it as a lock in this database, on a server. */
  hold?: string;
  /** Takes a number; whether nobody holds it in this database, 0 or 1. */
  isFree?: string;
}

const BY_DIALECT: Record<Dialect, CopySql> = { sqlite: SQLITE, postgres: POSTGRES, mysql: MYSQL };

export function copySql(dialect: Dialect): CopySql {
  return BY_DIALECT[dialect];
}
