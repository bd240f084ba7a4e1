import { IDENTITY, MOVED, moveSets } from './columns.js';
import type { OrdersSql } from './orders.sql.js';

/** SQLite: many values are a JSON array, which `json_each` takes apart. */
export const SQLITE: OrdersSql = {
  list: (values) => JSON.stringify(values),

  insertOrders: `
    INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
    SELECT value ->> 0, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value -> 5, 'Pending', at, at
    FROM (SELECT ? AS at), json_each(?) WHERE true
    ON CONFLICT DO NOTHING
    RETURNING seq`,

  selectHolders: `
    SELECT ${IDENTITY} FROM orders WHERE order_id IN (SELECT value FROM json_each(?))
    UNION
    SELECT ${IDENTITY} FROM orders WHERE idempotency_key IN (SELECT value FROM json_each(?))`,

  // What is the same for all orders is bound once: to take it out of JSON row by row would cost twice the update itself.
  moveOrders: `
    UPDATE orders SET ${moveSets('m.at + m.lease_ms')}
    FROM (
      SELECT ? AS from_status, ? AS to_status, ? AS attempt, ? AS at, ? AS not_before, ? AS owner, ? AS lease_ms,
        ? AS error, ? AS new_queue_seq, ? AS interrupted
    ) AS m
    WHERE orders.seq IN (SELECT value FROM json_each(?))
      AND orders.status = m.from_status AND (m.attempt IS NULL OR orders.attempts = m.attempt)
    RETURNING ${MOVED}`,

  insertHistory: `
    INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
    SELECT seq, ?, ?, ?, attempts, ? FROM orders WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,

  addToCounters: `
    INSERT INTO order_counters (name, slot, value) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value`,

  selectByIds: (columns) =>
    `SELECT ${columns} FROM orders WHERE order_id IN (SELECT value FROM json_each(?))`,
  now: `CAST(unixepoch('subsec') * 1000 AS INTEGER)`,
  useIndex: (name) => `INDEXED BY ${name}`, // without statistics it prefers the index on status, and reads every Pending order
};
