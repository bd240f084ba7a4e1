import type { Order, OrderError } from './order.js';
import type { OrderEntity } from './order.entity.js';

/** The properties of the entity that an `Order` is made of, and their columns. */
const COLUMNS = {
  seq: 'seq',
  orderId: 'order_id',
  userId: 'user_id',
  itemIds: 'item_ids',
  totalAmount: 'total_amount',
  status: 'status',
  queueSeq: 'queue_seq',
  attempts: 'attempts',
  failures: 'failures',
  error: 'error',
  createdAt: 'created_at',
  startedAt: 'started_at',
  completedAt: 'completed_at',
  updatedAt: 'updated_at',
} as const satisfies Partial<Record<keyof OrderEntity, string>>;

export type OrderRow = Pick<OrderEntity, keyof typeof COLUMNS>;

/** For a query of a repository, under the alias `orders`. */
export const ORDER_SELECTION = Object.keys(COLUMNS).map((property) => `orders.${property} AS "${property}"`);

/** For a statement: it returns an `OrderRow`, too. */
export const ORDER_COLUMNS = Object.entries(COLUMNS)
  .map(([property, column]) => `${column} AS "${property}"`)
  .join(', ');

export function toOrder(row: OrderRow): Order {
  return {
    seq: row.seq,
    orderId: row.orderId,
    userId: row.userId,
    itemIds: JSON.parse(row.itemIds) as string[],
    totalAmount: Number(row.totalAmount),
    status: row.status,
    queueSeq: Number(row.queueSeq),
    attempts: row.attempts,
    failures: row.failures,
    error: row.error === null ? null : (JSON.parse(row.error) as OrderError),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    updatedAt: row.updatedAt,
  };
}
