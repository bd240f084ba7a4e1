/** What tells one order from another, and what a repeat must have the same. */
export const IDENTITY = 'seq, order_id, idempotency_key, user_id, total_amount, item_ids, status';

/** What a move returns: `item_ids` only for the one who is to process the order. */
export const MOVED = `seq, order_id, user_id, total_amount, status, attempts, failures, queue_seq, created_at, started_at,
  CASE status WHEN 'Processing' THEN item_ids END AS item_ids`;
