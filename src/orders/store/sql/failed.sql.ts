import { PLANNED_ANEW } from '../../../database/database.js';
import type { OrdersSql } from './orders.sql.js';

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
 * The conditions `seq > 0` and `user_id <> ''` are always true. They stand there because PostgreSQL takes no hints: it can
 * use a partial index only for a statement that says what the index says, and each of the two says something of its own.
 */
export function failedSql(orders: OrdersSql, filter: FailedFilter): { sql: string; parameters: unknown[] } {
  const { failedFrom = 0, failedTo = Number.MAX_SAFE_INTEGER, userId } = filter;
  const isAny = userId === undefined && filter.failedFrom === undefined && filter.failedTo === undefined;
  if (isAny) {
    const { oldestFirst } = orders.walk('orders_status');
    const sql = `SELECT seq FROM ${orders.table('orders_status')} WHERE status = 'Failed' ORDER BY ${oldestFirst} LIMIT ?`;
    return { sql, parameters: [] };
  }
  const table = orders.table(userId === undefined ? 'orders_failed' : 'orders_user_failed');
  const condition = userId === undefined ? 'seq > 0' : `user_id <> '' AND user_id = ?`;
  const sql = `${PLANNED_ANEW}
    SELECT seq FROM (
      SELECT seq FROM ${table}
      WHERE status = 'Failed' AND ${condition} AND updated_at BETWEEN ? AND ?
      ORDER BY updated_at, seq LIMIT ${FAILED_WINDOW}
    ) AS failed_first
    ORDER BY seq LIMIT ?`;
  return { sql, parameters: [...(userId === undefined ? [] : [userId]), failedFrom, failedTo] };
}
