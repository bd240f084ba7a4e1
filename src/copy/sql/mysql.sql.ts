import { HISTORY, KEYS, ORDERS, type Columns } from '../columns.js';
import type { CopySql } from './copy.sql.js';

/** The driver writes rows out as `(1, 'a'), (2, 'b')`. */
const insert = (table: string, columns: Columns) =>
  `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) VALUES ?`;

/** Names of locks are the server's, not the database's; 64 characters at most. */
const NAME = `SHA2(CONCAT('ordermill.', DATABASE(), '.', ?), 256)`;

export const MYSQL: CopySql = {
  rows: (rows) => rows,
  insertOrders: insert('orders', ORDERS),
  insertHistory: insert('order_history', HISTORY),
  insertKeys: insert('order_keys', KEYS),
  history: 'order_history FORCE INDEX (order_history_order)',
  lastNumber: 'SELECT value AS last FROM order_sequence',
  setLastNumber: 'UPDATE order_sequence SET value = ?',
  hold: `SELECT GET_LOCK(${NAME}, 0)`, // ends with the connection
  isFree: `SELECT IS_FREE_LOCK(${NAME}) AS free`,
};
