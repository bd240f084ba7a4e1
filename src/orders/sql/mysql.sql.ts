import { IDENTITY, MOVED } from './columns.js';
import type { OrdersSql } from './orders.sql.js';

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
      seq BIGINT PATH '$[0]', order_id VARCHAR(128) PATH '$[1]', idempotency_key VARCHAR(255) PATH '$[2]',
      user_id VARCHAR(128) PATH '$[3]', total_amount BIGINT PATH '$[4]', item_ids LONGTEXT PATH '$[5]'
    )) AS v
    ON DUPLICATE KEY UPDATE orders.seq = orders.seq`,
  storedOrders: `SELECT seq FROM orders WHERE seq IN (?)`,

  selectHolders: `
    SELECT ${IDENTITY} FROM orders WHERE order_id IN (?)
    UNION
    SELECT ${IDENTITY} FROM orders WHERE idempotency_key IN (?)`,

  movableOrders: `
    SELECT seq FROM orders WHERE status = ? AND (? IS NULL OR attempts = ?) AND seq IN (?) ORDER BY seq FOR UPDATE`,
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
      orders.lease_until = ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) + m.lease_ms,
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

  addToCounters: `
    INSERT INTO order_counters (name, slot, value)
    SELECT v.name, v.slot, v.delta FROM JSON_TABLE(?, '$[*]' COLUMNS (
      name VARCHAR(64) PATH '$[0]', slot INT PATH '$[1]', delta BIGINT PATH '$[2]'
    )) AS v
    ON DUPLICATE KEY UPDATE order_counters.value = order_counters.value + VALUES(value)`,

  selectByIds: (columns) => `SELECT ${columns} FROM orders WHERE order_id IN (?)`,
  now: 'ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000)',
  useIndex: () => '',
};
