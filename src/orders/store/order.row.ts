import type { Order, OrderError } from '../../domain/order.js';
import { asProperties, columnsOf } from './columns.js';
import { OrderEntity } from './entities/order.entity.js';

/** Columns of an order that only the store and the processor use. */
const INTERNAL = [
  'idempotencyKey',
  'interruptions',
  'notBefore',
  'owner',
  'leaseUntil',
  'traceParent',
] as const;

export type OrderRow = Omit<OrderEntity, (typeof INTERNAL)[number]>;

const COLUMNS = columnsOf(OrderEntity).filter(
  ({ property }) => !(INTERNAL as readonly string[]).includes(property),
);

/** For a query of a repository, under the alias `orders`. */
export const ORDER_SELECTION = COLUMNS.map(({ property }) => `orders.${property} AS "${property}"`);

/** For a statement: it returns an `OrderRow`, too. */
export const ORDER_COLUMNS = asProperties(COLUMNS);

export function toOrder(row: OrderRow): Order {
  return {
    ...row,
    itemIds: JSON.parse(row.itemIds) as string[],
    totalAmount: Number(row.totalAmount),
    queueSeq: Number(row.queueSeq),
    error: row.error === null ? null : (JSON.parse(row.error) as OrderError),
  };
}
