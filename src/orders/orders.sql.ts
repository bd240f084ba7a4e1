/** Every statement that writes orders. Each takes a whole batch as one JSON parameter, so its text never changes. */

/**
 * Takes the first seq, the instant, and `[[orderId, idempotencyKey, userId, totalAmount, itemIds], …]`.
 * Returns the seq of each row stored; one whose id or key is taken is left out.
 */
export const INSERT_ORDERS = `
  INSERT INTO orders (seq, queue_seq, order_id, idempotency_key, user_id, total_amount, item_ids, status, created_at, updated_at)
  SELECT first + key, first + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, 'Pending', at, at
  FROM (SELECT ? AS first, ? AS at), json_each(?) WHERE true
  ON CONFLICT DO NOTHING
  RETURNING seq`;

/** Takes the first and the last seq of what `INSERT_ORDERS` just stored. */
export const INSERT_ACCEPTED_HISTORY = `
  INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
  SELECT seq, created_at, NULL, status, attempts, NULL FROM orders WHERE seq BETWEEN ? AND ?`;

const IDENTITY = 'seq, order_id, idempotency_key, user_id, total_amount, item_ids, status';

/** Takes order ids and idempotency keys, each a JSON array; returns the orders that hold them. */
export const SELECT_HOLDERS = `
  SELECT ${IDENTITY} FROM orders WHERE order_id IN (SELECT value FROM json_each(?))
  UNION
  SELECT ${IDENTITY} FROM orders WHERE idempotency_key IN (SELECT value FROM json_each(?))`;

/**
 * The only statement that writes `status`: compare-and-set on the status and, for a running attempt, on its number.
 * Takes from, to, attempt (null: any), at, notBefore, owner, leaseUntil, error, queueSeq, interrupted (0 or 1), and the seqs as a JSON array: what is
 * the same for all of them is bound once, for to take it out of JSON row by row would cost twice the update itself.
 * Returns the orders that moved.
 */
export const MOVE_ORDERS = `
  UPDATE orders SET
    status = m.to_status,
    attempts = orders.attempts + (m.to_status = 'Processing'),
    failures = CASE WHEN m.from_status = 'Failed' THEN 0 ELSE orders.failures + (m.error IS NOT NULL) END,
    interruptions = CASE WHEN m.from_status = 'Failed' THEN 0 ELSE orders.interruptions + m.interrupted END,
    not_before = m.not_before,
    owner = m.owner,
    lease_until = m.lease_until,
    error = CASE WHEN m.to_status = 'Completed' THEN NULL ELSE COALESCE(m.error, orders.error) END,
    queue_seq = COALESCE(m.queue_seq, orders.queue_seq),
    started_at = CASE WHEN m.to_status = 'Processing' THEN m.at ELSE orders.started_at END,
    completed_at = CASE WHEN m.to_status = 'Completed' THEN m.at END,
    updated_at = m.at
  FROM (
    SELECT ? AS from_status, ? AS to_status, ? AS attempt, ? AS at, ? AS not_before, ? AS owner, ? AS lease_until, ? AS error, ? AS queue_seq,
      ? AS interrupted
  ) AS m
  WHERE orders.seq IN (SELECT value FROM json_each(?))
    AND orders.status = m.from_status AND (m.attempt IS NULL OR orders.attempts = m.attempt)
  RETURNING seq, order_id, user_id, total_amount, status, attempts, failures, queue_seq, created_at, started_at,
    CASE status WHEN 'Processing' THEN item_ids END AS item_ids`;

/** Takes at, from, to, reason, and the seqs of the orders that moved so, as a JSON array. */
export const INSERT_HISTORY = `
  INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
  SELECT seq, ?, ?, ?, attempts, ? FROM orders WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`;

/** Takes `[[name, delta], …]` */
export const ADD_TO_COUNTERS = `
  INSERT INTO order_counters (name, value) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
  ON CONFLICT (name) DO UPDATE SET value = order_counters.value + excluded.value`;
