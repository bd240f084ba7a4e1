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
 * Takes `[[seq, from, attempt, to, at, notBefore, owner, error, queueSeq], …]`, each seq once; attempt null: any.
 * Returns the orders that moved.
 */
export const MOVE_ORDERS = `
  UPDATE orders SET
    status = j.to_status,
    attempts = orders.attempts + (j.to_status = 'Processing'),
    failures = CASE WHEN j.from_status = 'Failed' THEN 0 ELSE orders.failures + (j.error IS NOT NULL) END,
    not_before = j.not_before,
    owner = j.owner,
    error = CASE WHEN j.to_status = 'Completed' THEN NULL ELSE COALESCE(j.error, orders.error) END,
    queue_seq = COALESCE(j.queue_seq, orders.queue_seq),
    started_at = CASE WHEN j.to_status = 'Processing' THEN j.at ELSE orders.started_at END,
    completed_at = CASE WHEN j.to_status = 'Completed' THEN j.at END,
    updated_at = j.at
  FROM (
    SELECT value ->> 0 AS seq, value ->> 1 AS from_status, value ->> 2 AS attempt, value ->> 3 AS to_status,
      value ->> 4 AS at, value ->> 5 AS not_before, value ->> 6 AS owner, value ->> 7 AS error, value ->> 8 AS queue_seq
    FROM json_each(?)
  ) AS j
  WHERE orders.seq = j.seq AND orders.status = j.from_status AND (j.attempt IS NULL OR orders.attempts = j.attempt)
  RETURNING seq, order_id, user_id, total_amount, status, attempts, failures, queue_seq, created_at, started_at,
    completed_at, CASE status WHEN 'Processing' THEN item_ids END AS item_ids`;

/** Takes `[[seq, at, from, to, attempt, reason], …]` */
export const INSERT_HISTORY = `
  INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)`;

/** Takes `[[name, delta], …]` */
export const ADD_TO_COUNTERS = `
  INSERT INTO order_counters (name, value) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
  ON CONFLICT (name) DO UPDATE SET value = order_counters.value + excluded.value`;
