import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { HistoryEntry, Order, OrderError } from '../order.js';
import { ORDER_STATUSES, type OrderStatus } from '../order.status.js';
import type { ListPlace, Page } from '../orders.pages.js';
import type { OrderView } from '../orders.service.js';

const INSTANT = { type: 'string', format: 'date-time', example: '2026-01-31T12:00:00.000Z' } as const;
const maybe = (description: string) => ({
  description,
  oneOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }],
  example: null,
});

export class OrderErrorDto implements OrderError {
  @ApiProperty({ example: 'handler_error' })
  code!: string;
  @ApiProperty({ example: 'the warehouse did not answer' })
  message!: string;
  @ApiProperty({ type: 'integer', example: 1 })
  attempt!: number;
}

export class OrderDto {
  @ApiProperty({ example: 'order-1' })
  order_id!: string;
  @ApiProperty({ example: 'user-1' })
  user_id!: string;
  @ApiProperty({ type: [String], example: ['item-1', 'item-2'] })
  item_ids!: string[];
  @ApiProperty({ example: 29.99 })
  total_amount!: number;
  @ApiProperty({ enum: ORDER_STATUSES, example: 'Pending' })
  status!: OrderStatus;
  @ApiProperty({ type: 'integer', description: 'attempts started', example: 0 })
  attempts!: number;
  @ApiProperty({
    oneOf: [{ $ref: '#/components/schemas/OrderErrorDto' }, { type: 'null' }],
    description: 'why the last failed attempt failed; null once completed',
    example: null,
  })
  error!: OrderError | null;
  @ApiProperty(INSTANT)
  created_at!: string;
  @ApiProperty(maybe('start of the latest attempt'))
  started_at!: string | null;
  @ApiProperty(maybe('end of the successful attempt'))
  completed_at!: string | null;
  @ApiProperty(INSTANT)
  updated_at!: string;
}

export class OrderDetailDto extends OrderDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description:
      'while Pending: 1 is the next; exact up to 100, beyond that an upper bound that counts cancelled and delayed orders too',
    example: 1,
  })
  queue_position?: number;
  @ApiPropertyOptional({ ...INSTANT, description: 'while Pending: at the present rate' })
  estimated_completion_at?: string;
}

export class OrderStatusDto {
  @ApiProperty({ example: 'order-1' })
  order_id!: string;
  @ApiProperty({ enum: ORDER_STATUSES, example: 'Pending' })
  status!: OrderStatus;
}

export class OrderPageDto {
  @ApiProperty({ type: [OrderDto] })
  orders!: OrderDto[];
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'null' }],
    description: 'give it as `cursor` to get the next page; null at the end',
    example: null,
  })
  next_cursor!: string | null;
}

export class HistoryEntryDto {
  @ApiProperty(INSTANT)
  at!: string;
  @ApiProperty({
    oneOf: [{ type: 'string', enum: ORDER_STATUSES }, { type: 'null' }],
    description: 'null: accepted',
    example: null,
  })
  from!: OrderStatus | null;
  @ApiProperty({ enum: ORDER_STATUSES, example: 'Pending' })
  to!: OrderStatus;
  @ApiProperty({ type: 'integer', description: 'attempts started by then', example: 0 })
  attempt!: number;
  @ApiProperty({ oneOf: [{ type: 'string' }, { type: 'null' }], example: null })
  reason!: string | null;
}

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));

export function toOrderDto(order: Order): OrderDto {
  return {
    order_id: order.orderId,
    user_id: order.userId,
    item_ids: order.itemIds,
    total_amount: order.totalAmount / 100,
    status: order.status,
    attempts: order.attempts,
    error: order.error,
    created_at: iso(order.createdAt),
    started_at: isoOrNull(order.startedAt),
    completed_at: isoOrNull(order.completedAt),
    updated_at: iso(order.updatedAt),
  };
}

export function toOrderDetailDto({ order, waiting }: OrderView): OrderDetailDto {
  const dto: OrderDetailDto = toOrderDto(order);
  if (waiting) {
    dto.queue_position = waiting.position;
    dto.estimated_completion_at = iso(waiting.estimatedCompletionAt);
  }
  return dto;
}

export function toOrderPageDto({ orders, next }: Page): OrderPageDto {
  return { orders: orders.map(toOrderDto), next_cursor: next === undefined ? null : toCursor(next) };
}

export function toHistoryDto(history: HistoryEntry[]): HistoryEntryDto[] {
  return history.map(({ at, from, to, attempt, reason }) => ({ at: iso(at), from, to, attempt, reason }));
}

/** Opaque to clients, so that what it stands for may change. */
export function toCursor({ createdAt, seq }: ListPlace): string {
  return Buffer.from(`o${createdAt}.${seq}`).toString('base64url');
}

/** The place a cursor stands for; undefined when it is none of ours. */
export function fromCursor(cursor: string): ListPlace | undefined {
  const parts = /^o(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return parts ? { createdAt: Number(parts[1]), seq: Number(parts[2]) } : undefined;
}
