import type { Outcome } from '../../common/batcher.js';
import { DatabaseUnavailable } from '../../database/database.js';
import type { OrderRequest, Receipt } from '../../domain/order.js';
import type { OrderStatus } from '../../domain/order.status.js';
import { IdempotencyKeyConflict, OrderIdConflict } from '../../domain/order.errors.js';
import { REQUESTED } from './columns.js';

/** An order on its way into the table, with the id it will have. */
export interface NewOrder extends OrderRequest {
  orderId: string;
  /** Whether the client chose `orderId`; one that the server made is not part of the content. */
  hasOwnId: boolean;
  /** Of the request, where that is traced. No part of the content. */
  traceParent?: string | undefined;
}

/** The memory of an order that waits to be written, in characters, roughly: enough to bound what waits. */
export function sizeOf({ userId, itemIds }: NewOrder): number {
  let size = 300 + userId.length; // its id and key are short
  for (const id of itemIds) size += id.length + 3;
  return size;
}

/**
 * An order in the table whose id or key a new one asks for; an order with several keys, once for each of those asked for.
 * `itemIds` null: longer than those of any request that it was read for.
 */
export type HolderRow = Omit<OrderRequest, 'orderId' | 'itemIds'> & {
  seq: number;
  orderId: string;
  status: OrderStatus;
  itemIds: string | null;
};

/** A request whose id or key is taken: a repeat of that order if the content is the same, a conflict otherwise. */
export function judgeRepeat(order: NewOrder, holders: HolderRow[]): Outcome<Receipt> {
  const byKey = order.idempotencyKey && holders.find((row) => row.idempotencyKey === order.idempotencyKey);
  const holder = byKey || holders.find((row) => row.orderId === order.orderId);
  // it was deleted in between
  if (!holder)
    return {
      error: new DatabaseUnavailable(new Error(`order ${order.orderId} was neither stored nor there`)),
    };
  if (isSameContent(order, holder))
    return {
      value: { seq: Number(holder.seq), orderId: holder.orderId, status: holder.status, replayed: true },
    };
  return { error: byKey ? new IdempotencyKeyConflict() : new OrderIdConflict(order.orderId) };
}

const COMPARED = REQUESTED.map(({ property }) => property)
  .filter((property) => property !== 'traceParent')
  .filter((property) => !['orderId', 'idempotencyKey', 'itemIds'].includes(property));

function isSameContent(order: NewOrder, row: HolderRow): boolean {
  return (
    (!order.hasOwnId || order.orderId === row.orderId) &&
    COMPARED.every((property) => String(order[property]) === String(row[property])) && // a driver may give a bigint as text
    row.itemIds !== null &&
    JSON.stringify(order.itemIds) === JSON.stringify(JSON.parse(row.itemIds))
  );
}
