import { HISTORY, KEYS, ORDERS, type Columns } from '../columns.js';
import type { CopySql } from './copy.sql.js';

// jsonb is parsed once; of json, each `->>` would parse the row again.
const insert = (table: string, columns: Columns) => `
  INSERT INTO ${table} (${Object.keys(columns).join(', ')})
  SELECT ${Object.values(columns)
    .map((kind, index) => (kind === 'number' ? `(v ->> ${index})::bigint` : `v ->> ${index}`))
    .join(', ')}
  FROM jsonb_array_elements(?::jsonb) AS v`;

export const POSTGRES: CopySql = {
  rows: (_, text) => text,
  insertOrders: insert('orders', ORDERS),
  insertHistory: insert('order_history', HISTORY),
  insertKeys: insert('order_keys', KEYS),
  history: 'order_history',
  lastNumber: 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM orders_seq',
  setLastNumber: `SELECT setval('orders_seq', ?::bigint)`,
  passHistoryIds: `
    SELECT setval(pg_get_serial_sequence('order_history', 'id'), MAX(id)) FROM order_history HAVING MAX(id) IS NOT NULL`,
  hold: 'SELECT pg_advisory_xact_lock(?::bigint)',
  isFree: 'SELECT pg_try_advisory_xact_lock(?::bigint)::int AS free',
};
