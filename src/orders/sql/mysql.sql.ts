import { MOVED, selectHolders } from './columns.js';
import type { OrdersSql } from './orders.sql.js';

const NOW = 'ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000)';

/**
 * MySQL 8 and MariaDB: many values are an array, which the driver writes as `1, 2, 3`. Neither returns the rows of an
 * UPDATE, so the rows that will move are locked before, and read after.
 */
export const MYSQL: OrdersSql = {
  list: (values) => (values.length > 0 ? values : [null]), // IN () is no SQL, IN (NULL) is true of nothing
  items: (itemIds) => JSON.stringify(itemIds), // MariaDB's JSON_TABLE takes scalars only

  insertOrders: `
    INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
    SELECT v.seq, v.seq, v.order_id, v.idempotency_key, v.user_id, v.total_amount, v.item_ids, 'Pending', t.at, t.at
    FROM (SELECT ? AS at) AS t, JSON_TABLE(?, '$[*]' COLUMNS (
      seq BIGINT PATH '$[0]', order_id VARCHAR(128) CHARACTER SET utf8mb4 PATH '$[1]', idempotency_key VARCHAR(255) CHARACTER SET utf8mb4 PATH '$[2]',
      user_id VARCHAR(128) CHARACTER SET utf8mb4 PATH '$[3]', total_amount BIGINT PATH '$[4]', item_ids LONGTEXT CHARACTER SET utf8mb4 PATH '$[5]'
    )) AS v
    WHERE v.idempotency_key IS NULL
      OR NOT EXISTS (SELECT 1 FROM order_keys WHERE order_keys.idempotency_key = v.idempotency_key)
    ON DUPLICATE KEY UPDATE orders.seq = orders.seq`,
  storedOrders: `SELECT seq FROM orders WHERE seq IN (?)`,

  selectHolders: selectHolders('IN (?)', 'CHAR_LENGTH'),
  insertKeys: `
    INSERT INTO order_keys (idempotency_key, order_seq)
    SELECT v.idempotency_key, v.seq FROM JSON_TABLE(?, '$[*]' COLUMNS (
      idempotency_key VARCHAR(255) PATH '$[0]', seq BIGINT PATH '$[1]'
    )) AS v
    WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.idempotency_key = v.idempotency_key)
    ON DUPLICATE KEY UPDATE order_keys.order_seq = order_keys.order_seq`,

  // By number, or it would lock all that are Pending on the way, or be held up by any of them.
  movableOrders: `
    SELECT seq FROM orders FORCE INDEX (PRIMARY)
    WHERE status = ? AND (? <> 'Processing' OR not_before IS NULL) AND (? IS NULL OR attempts = ?)
      AND (? = 0 OR lease_until < ${NOW}) AND seq IN (?)
    ORDER BY seq FOR UPDATE`,
  // Assignments happen from left to right, so what depends on the old values comes first.
  moveOrders: `
    UPDATE orders, (
      SELECT ? AS from_status, ? AS to_status, ? AS attempt, ? AS at, ? AS not_before, ? AS owner, ? AS lease_ms,
        ? AS error, ? AS new_queue_seq, ? AS interrupted
    ) AS m SET
      orders.status = m.to_status,
      orders.attempts = orders.attempts + (m.to_status = 'Processing'),
      orders.failures = CASE WHEN m.from_status = 'Failed' THEN 0 ELSE orders.failures + (m.error IS NOT NULL) END,
      orders.interruptions = CASE WHEN m.from_status = 'Failed' THEN 0 ELSE orders.interruptions + m.interrupted END,
      orders.not_before = m.not_before,
      orders.owner = m.owner,
      orders.lease_until = ${NOW} + m.lease_ms,
      orders.error = CASE WHEN m.to_status = 'Completed' THEN NULL ELSE COALESCE(m.error, orders.error) END,
      orders.queue_seq = COALESCE(m.new_queue_seq, orders.queue_seq),
      orders.started_at = CASE WHEN m.to_status = 'Processing' THEN m.at ELSE orders.started_at END,
      orders.completed_at = CASE WHEN m.to_status = 'Completed' THEN m.at END,
      orders.updated_at = m.at
    WHERE orders.seq IN (?)`,
  movedOrders: `SELECT ${MOVED} FROM orders WHERE seq IN (?) ORDER BY seq`,

  insertHistory: `
    INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
    SELECT seq, ?, ?, ?, attempts, ? FROM orders WHERE seq IN (?) ORDER BY seq`,

  endDelay: `UPDATE orders FORCE INDEX (PRIMARY) SET not_before = NULL WHERE status = 'Pending' AND not_before <= ? AND seq IN (?)`,

  addToCounters: `
    INSERT INTO order_counters (name, slot, value)
    SELECT v.name, v.slot, v.delta FROM JSON_TABLE(?, '$[*]' COLUMNS (
      name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[0]', slot INT PATH '$[1]', delta BIGINT PATH '$[2]'
    )) AS v
    ON DUPLICATE KEY UPDATE order_counters.value = order_counters.value + VALUES(value)`,

  isIn: (parameter) => `IN (:${parameter})`,
  selectByIds: (columns) => `SELECT ${columns} FROM orders WHERE order_id IN (?)`,
  delayed: `status = 'Pending'`, // compared, a null is not true
  now: NOW,
  useIndex: (name) => `FORCE INDEX (${INDEXES[name] ?? name})`,
};

/** Its names of indexes, where they differ: one index serves what others have two partial ones for. */
const INDEXES: Record<string, string> = { orders_pkey: 'PRIMARY', orders_delayed: 'orders_pending' };
