import { MOVED, moveSets, selectHolders } from './columns.js';
import type { OrdersSql } from './orders.sql.js';

const NOW = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

/** SQLite: many values are a JSON array, which `json_each` takes apart. */
export const SQLITE: OrdersSql = {
  list: (values) => JSON.stringify(values),

  insertOrders: `
    INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
    SELECT value ->> 0, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value -> 5, 'Pending', at, at
    FROM (SELECT ? AS at), json_each(?)
    WHERE value ->> 2 IS NULL OR NOT EXISTS (SELECT 1 FROM order_keys WHERE idempotency_key = value ->> 2)
    ON CONFLICT DO NOTHING
    RETURNING seq`,

  selectHolders: selectHolders('IN (SELECT value FROM json_each(?))'),
  insertKeys: `
    INSERT INTO order_keys (idempotency_key, order_seq) SELECT value ->> 0, value ->> 1 FROM json_each(?)
    WHERE NOT EXISTS (SELECT 1 FROM orders WHERE idempotency_key = value ->> 0)
    ON CONFLICT DO NOTHING`,

  // What is the same for all orders is bound once: to take it out of JSON row by row would cost twice the update itself.
  moveOrders: `
    UPDATE orders SET ${moveSets('m.at + m.lease_ms')}
    FROM (
      SELECT ? AS from_status, ? AS to_status, ? AS attempt, ? AS at, ? AS not_before, ? AS owner, ? AS lease_ms,
        ? AS error, ? AS new_queue_seq, ? AS interrupted, ? AS if_expired
    ) AS m
    WHERE orders.seq IN (SELECT value FROM json_each(?))
      AND orders.status = m.from_status AND (m.attempt IS NULL OR orders.attempts = m.attempt)
      AND (m.if_expired = 0 OR orders.lease_until < ${NOW})
      AND (m.to_status <> 'Processing' OR orders.not_before IS NULL)
    RETURNING ${MOVED}`,

  insertHistory: `
    INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
    SELECT seq, ?, ?, ?, attempts, ? FROM orders WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,

  endDelay: `UPDATE orders SET not_before = NULL WHERE status = 'Pending' AND not_before <= ? AND seq IN (SELECT value FROM json_each(?))`,

  addToCounters: `
    INSERT INTO order_counters (name, slot, value) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value`,

  isIn: (parameter) => `IN (SELECT value FROM json_each(:${parameter}))`,
  selectByIds: (columns) =>
    `SELECT ${columns} FROM orders WHERE order_id IN (SELECT value FROM json_each(?))`,
  delayed: 'not_before IS NOT NULL',
  now: NOW,
  useIndex: (name) => (name === 'orders_pkey' ? 'NOT INDEXED' : `INDEXED BY ${name}`), // without statistics it prefers the index on status, and reads every Pending order
};
