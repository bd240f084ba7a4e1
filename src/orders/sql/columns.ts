/** What tells one order from another, and what a repeat must have the same. */
export const IDENTITY = 'seq, order_id, idempotency_key, user_id, total_amount, item_ids, status';

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
