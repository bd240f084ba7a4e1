import type { Order, OrderError } from './order.js';
import type { OrderStatus } from './order.status.js';

/** The columns that an `Order` is made of. */
export const ORDER_COLUMNS = `seq, order_id, user_id, item_ids, total_amount, status, queue_seq, attempts, failures, error,
  created_at, started_at, completed_at, updated_at`;

/** A row of these columns, as the drivers return it. */
export interface OrderRow {
  seq: number;
  order_id: string;
  user_id: string;
  item_ids: string;
  total_amount: number;
  status: OrderStatus;
  queue_seq: number;
  attempts: number;
  failures: number;
  error: string | null;
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  updated_at: number;
}

export function toOrder(row: OrderRow): Order {
  return {
    seq: row.seq,
    orderId: row.order_id,
    userId: row.user_id,
    itemIds: JSON.parse(row.item_ids) as string[],
    totalAmount: Number(row.total_amount),
    status: row.status,
    queueSeq: Number(row.queue_seq),
    attempts: row.attempts,
    failures: row.failures,
    error: row.error === null ? null : (JSON.parse(row.error) as OrderError),
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    updatedAt: row.updated_at,
  };
}
