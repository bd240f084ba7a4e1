import { IDENTITY, MOVED, moveSets } from './columns.js';
import type { OrdersSql } from './orders.sql.js';

// Of an array the planner knows that it means the index, however large the table; of a JSON array it does not.
const NUMBERS = 'ANY (?::bigint[])';
const TEXTS = 'ANY (?::text[])';

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** PostgreSQL: many values are an array. A parameter that stands alone needs its type said. */
export const POSTGRES: OrdersSql = {
  list: (values) => values,
  items: (itemIds) => itemIds,

  insertOrders: `
    INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
    SELECT (v ->> 0)::bigint, (v ->> 0)::bigint, v ->> 1, v ->> 2, v ->> 3, (v ->> 4)::bigint, (v -> 5)::text, 'Pending', t.at, t.at
    FROM (SELECT ?::bigint AS at) AS t, json_array_elements(?::json) AS v
    ON CONFLICT DO NOTHING
    RETURNING seq`,

  // Each statement is a round trip, and between two of them the event loop does other work.
  acceptOrders: `
    WITH given AS (
      SELECT nextval('orders_seq') AS seq, v ->> 0 AS order_id, v ->> 1 AS idempotency_key, v ->> 2 AS user_id,
        (v ->> 3)::bigint AS total_amount, (v -> 4)::text AS item_ids
      FROM json_array_elements(?::json) AS v
    ), stored AS (
      INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
      SELECT g.seq, g.seq, g.order_id, g.idempotency_key, g.user_id, g.total_amount, g.item_ids, 'Pending', t.at, t.at
      FROM given AS g, (SELECT ?::bigint AS at) AS t
      ON CONFLICT DO NOTHING
      RETURNING seq, order_id, created_at
    ), history AS (
      INSERT INTO order_history (order_seq, at, from_status, to_status, attempt)
      SELECT seq, created_at, NULL, 'Pending', 0 FROM stored ORDER BY seq
    ), counters AS (
      INSERT INTO order_counters (name, slot, value)
      SELECT 'Pending', ?::int, COUNT(*) FROM stored HAVING COUNT(*) > 0
      ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value
    )
    SELECT seq, order_id FROM stored`,

  insertAcceptedHistory: `
    INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
    SELECT seq, created_at, NULL, status, attempts, NULL FROM orders WHERE seq = ${NUMBERS} ORDER BY seq`,

  selectHolders: `
    SELECT ${IDENTITY} FROM orders WHERE order_id = ${TEXTS}
    UNION
    SELECT ${IDENTITY} FROM orders WHERE idempotency_key = ${TEXTS}`,

  // As above: the history of a move is written with it.
  moveOrders: `
    WITH m AS (
      SELECT ?::text AS from_status, ?::text AS to_status, ?::int AS attempt, ?::bigint AS at, ?::bigint AS not_before,
        ?::text AS owner, ?::bigint AS lease_ms, ?::text AS error, ?::bigint AS new_queue_seq, ?::int AS interrupted,
        ?::text AS reason
    ), moved AS (
      UPDATE orders SET ${moveSets(`${NOW} + m.lease_ms`)}
      FROM m
      WHERE orders.seq = ${NUMBERS}
        AND orders.status = m.from_status AND (m.attempt IS NULL OR orders.attempts = m.attempt)
      RETURNING ${MOVED}
    ), history AS (
      INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
      SELECT moved.seq, m.at, m.from_status, m.to_status, moved.attempts, m.reason FROM moved, m ORDER BY moved.seq
    )
    SELECT * FROM moved`,

  addToCounters: `
    INSERT INTO order_counters (name, slot, value)
    SELECT v ->> 0, (v ->> 1)::int, (v ->> 2)::bigint FROM json_array_elements(?::json) AS v
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value`,

  selectByIds: (columns) => `SELECT ${columns} FROM orders WHERE order_id = ${TEXTS}`,
  now: NOW,
  useIndex: () => '',
};
