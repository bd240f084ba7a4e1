import { HISTORY, KEYS, ORDERS, type Columns } from '../columns.js';
import type { CopySql } from './copy.sql.js';

const insert = (table: string, columns: Columns) => `
  INSERT INTO ${table} (${Object.keys(columns).join(', ')})
  SELECT ${Object.keys(columns)
    .map((_, index) => `value ->> ${index}`)
    .join(', ')} FROM json_each(?)`;

export const SQLITE: CopySql = {
  rows: (_, text) => text,
  insertOrders: insert('orders', ORDERS),
  insertHistory: insert('order_history', HISTORY),
  insertKeys: insert('order_keys', KEYS),
  history: 'order_history INDEXED BY order_history_order',
  lastNumber: `SELECT COALESCE(SUM(value), 0) AS last FROM order_counters WHERE name = 'last_seq'`,
};
