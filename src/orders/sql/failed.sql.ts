import { PLANNED_ANEW, type Dialect } from '../../database/database.js';
import { ordersSql } from './orders.sql.js';
import { walkSql } from './walk.sql.js';

/** Which Failed orders are meant: all that are given must hold. Instants are inclusive. */
export interface FailedFilter {
  failedFrom?: number;
  failedTo?: number;
  userId?: string;
}

/** Failed orders of a user or a time that are put into the order of their acceptance. No index has both orders. */
export const FAILED_WINDOW = 20_000;

/**
 * A statement for the seqs of Failed orders, the first accepted first. Its last parameter is how many.
 * That numbers are above 0 and user ids not empty goes without saying. It is said because PostgreSQL takes no hints: it can
 * use a partial index only for a statement that says what the index says, and each of the two says something of its own.
 */
export function failedSql(dialect: Dialect, filter: FailedFilter): { sql: string; parameters: unknown[] } {
  const { failedFrom = 0, failedTo = Number.MAX_SAFE_INTEGER, userId } = filter;
  const sqlOf = ordersSql(dialect);
  const isAny = userId === undefined && filter.failedFrom === undefined && filter.failedTo === undefined;
  if (isAny) {
    const { oldestFirst } = walkSql(dialect, 'orders_status');
    const sql = `SELECT seq FROM orders ${sqlOf.useIndex('orders_status')} WHERE status = 'Failed' ORDER BY ${oldestFirst} LIMIT ?`;
    return { sql, parameters: [] };
  }
  const index = sqlOf.useIndex(userId === undefined ? 'orders_failed' : 'orders_user_failed');
  const condition = userId === undefined ? 'seq > 0' : `user_id <> '' AND user_id = ?`;
  const sql = `${PLANNED_ANEW}
    SELECT seq FROM (
      SELECT seq FROM orders ${index}
      WHERE status = 'Failed' AND ${condition} AND updated_at BETWEEN ? AND ?
      ORDER BY updated_at, seq LIMIT ${FAILED_WINDOW}
    ) AS failed_first
    ORDER BY seq LIMIT ?`;
  return { sql, parameters: [...(userId === undefined ? [] : [userId]), failedFrom, failedTo] };
}
