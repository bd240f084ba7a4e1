import type { Outcome } from '../common/batcher.js';
import type { OrderRequest, Receipt } from './order.js';
import type { OrderStatus } from './order.status.js';
import { IdempotencyKeyConflict, OrderIdConflict } from './orders.errors.js';

/** An order on its way into the table, with the id it will have. */
export interface NewOrder extends OrderRequest {
  orderId: string;
  /** Whether the client chose `orderId`; one that the server made is not part of the content. */
  hasOwnId: boolean;
}

/** What an order takes while it waits to be written, in characters, roughly: a bound for what waits, not a measure of it. */
export function sizeOf({ userId, itemIds }: NewOrder): number {
  let size = 300 + userId.length; // its id and key are short
  for (const id of itemIds) size += id.length + 3;
  return size;
}

/**
 * An order in the table whose id or key a new one asks for; an order with several keys, once for each of those asked for.
 * `item_ids` null: longer than those of any request that it was read for.
 */
export interface HolderRow {
  seq: number;
  order_id: string;
  idempotency_key: string | null;
  user_id: string;
  total_amount: number;
  item_ids: string | null;
  status: OrderStatus;
}

/** A request whose id or key is taken: a repeat of that order if the content is the same, a conflict otherwise. */
export function judgeRepeat(order: NewOrder, holders: HolderRow[]): Outcome<Receipt> {
  const byKey = order.idempotencyKey && holders.find((row) => row.idempotency_key === order.idempotencyKey);
  const holder = byKey || holders.find((row) => row.order_id === order.orderId);
  if (!holder) return { error: new Error(`order ${order.orderId} was neither stored nor there`) };
  if (isSameContent(order, holder))
    return {
      value: { seq: Number(holder.seq), orderId: holder.order_id, status: holder.status, replayed: true },
    };
  return { error: byKey ? new IdempotencyKeyConflict() : new OrderIdConflict(order.orderId) };
}

function isSameContent(order: NewOrder, row: HolderRow): boolean {
  return (
    (!order.hasOwnId || order.orderId === row.order_id) &&
    order.userId === row.user_id &&
    order.totalAmount === Number(row.total_amount) &&
    row.item_ids !== null &&
    JSON.stringify(order.itemIds) === JSON.stringify(JSON.parse(row.item_ids))
  );
}
