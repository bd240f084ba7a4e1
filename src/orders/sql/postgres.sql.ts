import { MOVED, moveSets, selectHolders } from './columns.js';
import type { OrdersSql } from './orders.sql.js';

// Of an array the planner knows that it means the index, however large the table; of a JSON array it does not.
const NUMBERS = 'ANY (?::bigint[])';
const TEXTS = 'ANY (?::text[])';

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Each statement is a round trip, and between two of them the event loop does other work: so this is one. */
const accept = (where = '', onConflict = '') => `
  WITH given AS (
    SELECT nextval('orders_seq') AS seq, v.*
    FROM json_to_recordset(?::json) AS v(
      "orderId" text, "idempotencyKey" text, "userId" text, "totalAmount" bigint, "itemIds" text
    )
  ), stored AS (
    INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
    SELECT seq, seq, "orderId", "idempotencyKey", "userId", "totalAmount", "itemIds", 'Pending', t.at, t.at
    FROM given, (SELECT ?::bigint AS at) AS t
    ${where} ${onConflict}
    RETURNING seq
  ), counters AS (
    INSERT INTO order_counters (name, slot, value)
    SELECT 'Pending', ?::int, COUNT(*) FROM stored HAVING COUNT(*) > 0
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value
  )
  SELECT json_agg(stored.seq ORDER BY given.seq) AS seqs FROM given LEFT JOIN stored USING (seq)`;

/** PostgreSQL: many values are an array. A parameter that stands alone needs its type said. */
export const POSTGRES: OrdersSql = {
  list: (values) => values,

  acceptOrders: accept(
    'WHERE "idempotencyKey" IS NULL OR NOT EXISTS (SELECT 1 FROM order_keys WHERE idempotency_key = "idempotencyKey")',
    'ON CONFLICT DO NOTHING',
  ),
  acceptNewOrders: accept(),

  selectHolders: selectHolders(`= ${TEXTS}`),
  insertKeys: `
    INSERT INTO order_keys (idempotency_key, order_seq) SELECT v ->> 0, (v ->> 1)::bigint FROM json_array_elements(?::json) AS v
    WHERE NOT EXISTS (SELECT 1 FROM orders WHERE idempotency_key = v ->> 0)
    ON CONFLICT DO NOTHING`,

  // As `accept`: one round trip with its history.
  moveOrders: `
    WITH m AS (
      SELECT ?::text AS from_status, ?::text AS to_status, ?::int AS attempt, ?::bigint AS at, ?::bigint AS not_before,
        ?::text AS owner, ?::bigint AS lease_ms, ?::text AS error, ?::bigint AS new_queue_seq, ?::int AS interrupted,
        ?::int AS if_expired, ?::text AS reason
    ), moved AS (
      UPDATE orders SET ${moveSets(`${NOW} + m.lease_ms`)}
      FROM m
      WHERE orders.seq = ${NUMBERS}
        AND orders.status = m.from_status AND (m.attempt IS NULL OR orders.attempts = m.attempt)
        AND (m.if_expired = 0 OR orders.lease_until < ${NOW})
        AND (m.to_status <> 'Processing' OR orders.not_before IS NULL)
      RETURNING ${MOVED}
    ), history AS (
      INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
      SELECT moved.seq, m.at, m.from_status, m.to_status, moved.attempts, m.reason FROM moved, m ORDER BY moved.seq
    )
    SELECT * FROM moved`,

  endDelay: `UPDATE orders SET not_before = NULL WHERE status = 'Pending' AND not_before <= ? AND seq = ${NUMBERS}`,

  addToCounters: `
    INSERT INTO order_counters (name, slot, value)
    SELECT v ->> 0, (v ->> 1)::int, (v ->> 2)::bigint FROM json_array_elements(?::json) AS v
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value`,

  isIn: (parameter) => `= ANY(:${parameter})`,
  selectByIds: (columns) => `SELECT ${columns} FROM orders WHERE order_id = ${TEXTS}`,
  delayed: 'not_before IS NOT NULL',
  now: NOW,
  useIndex: () => '',
};
