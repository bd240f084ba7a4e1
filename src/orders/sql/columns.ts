/**
 * What tells one order from another, and what a repeat must have the same. Takes the length, in characters, of the longest
 * items that may be the same.
 */
const identity = (key: string, length: string) =>
  `seq, order_id, ${key} AS idempotency_key, user_id, total_amount, status,
  CASE WHEN ${length}(item_ids) <= ? THEN item_ids END AS item_ids`;

/** The orders whose id is in one list or whose key is in another. `inList` takes the list. */
export const selectHolders = (inList: string, length = 'LENGTH') => `
    SELECT ${identity('idempotency_key', length)} FROM orders WHERE order_id ${inList}
    UNION ALL
    SELECT ${identity('idempotency_key', length)} FROM orders WHERE idempotency_key ${inList}
    UNION ALL
    SELECT ${identity('order_keys.idempotency_key', length)} FROM order_keys JOIN orders ON orders.seq = order_keys.order_seq
    WHERE order_keys.idempotency_key ${inList}`;

/** What a move returns: `item_ids` only for the one who is to process the order. */
export const MOVED = `seq, order_id, user_id, total_amount, status, attempts, failures, queue_seq, created_at, started_at,
  CASE status WHEN 'Processing' THEN item_ids END AS item_ids`;

/** What a move `m` sets, in an UPDATE that sees the old values throughout; `leaseUntil` by the database's clock. */
export const moveSets = (leaseUntil: string) => `
      status = m.to_status,
      attempts = orders.attempts + CASE WHEN m.to_status = 'Processing' THEN 1 ELSE 0 END,
      failures = CASE WHEN m.from_status = 'Failed' THEN 0 WHEN m.error IS NULL THEN orders.failures ELSE orders.failures + 1 END,
      interruptions = CASE WHEN m.from_status = 'Failed' THEN 0 ELSE orders.interruptions + m.interrupted END,
      not_before = m.not_before,
      owner = m.owner,
      lease_until = ${leaseUntil},
      error = CASE WHEN m.to_status = 'Completed' THEN NULL ELSE COALESCE(m.error, orders.error) END,
      queue_seq = COALESCE(m.new_queue_seq, orders.queue_seq),
      started_at = CASE WHEN m.to_status = 'Processing' THEN m.at ELSE orders.started_at END,
      completed_at = CASE WHEN m.to_status = 'Completed' THEN m.at END,
      updated_at = m.at`;
