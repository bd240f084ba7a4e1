import { Type } from 'class-transformer';
import { IsIn, IsInt, IsNumber, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { isoInstant } from '../../common/iso.instant.js';
import { IsInstant } from '../../http/validation/rules.js';
import type { HistoryEntry, Order, OrderContent, OrderError } from '../../domain/order.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.status.js';
import type { ListCursor, Page } from '../store/orders.pages.js';
import type { OrderView } from '../orders.service.js';
import { IsErrorOrNull, IsInstantOrNull, IsStatusOrNull, IsTextOrNull } from './order.answers.js';

export class OrderErrorDto implements OrderError {
  @IsString()
  @JSONSchema({ example: 'handler_error' })
  code!: string;

  @IsString()
  @JSONSchema({ example: 'the warehouse did not answer' })
  message!: string;

  @IsInt()
  @JSONSchema({ example: 1 })
  attempt!: number;
}

export class OrderDto {
  @IsString()
  @JSONSchema({ example: 'order-1' })
  order_id!: string;

  @IsString()
  @JSONSchema({ example: 'user-1' })
  user_id!: string;

  @IsString({ each: true })
  @JSONSchema({ example: ['item-1', 'item-2'] })
  item_ids!: string[];

  @IsNumber()
  @JSONSchema({ example: 29.99 })
  total_amount!: number;

  @IsIn(ORDER_STATUSES)
  @JSONSchema({ example: 'Pending' })
  status!: OrderStatus;

  @IsInt()
  @JSONSchema({ description: 'attempts started', example: 0 })
  attempts!: number;

  @IsErrorOrNull('why the last failed attempt failed; null once completed')
  error!: OrderError | null;

  @IsInstant()
  created_at!: string;

  @IsInstantOrNull('start of the latest attempt')
  started_at!: string | null;

  @IsInstantOrNull('end of the successful attempt')
  completed_at!: string | null;

  @IsInstant()
  updated_at!: string;
}

export class OrderDetailDto extends OrderDto {
  @IsOptional()
  @IsInt()
  @Min(1)
  @JSONSchema({
    description:
      'while Pending: 1 is the next; exact up to 100, beyond that an upper bound that counts cancelled and delayed orders too',
    example: 1,
  })
  queue_position?: number;

  @IsOptional()
  @IsInstant()
  @JSONSchema({ description: 'while Pending: at the present rate' })
  estimated_completion_at?: string;
}

export class OrderStatusDto {
  @IsString()
  @JSONSchema({ example: 'order-1' })
  order_id!: string;

  @IsIn(ORDER_STATUSES)
  @JSONSchema({ example: 'Pending' })
  status!: OrderStatus;
}

export class OrderPageDto {
  @ValidateNested({ each: true })
  @Type(() => OrderDto)
  orders!: OrderDto[];

  @IsTextOrNull('give it as `cursor` to get the next page; null at the end')
  next_cursor!: string | null;
}

export class HistoryEntryDto {
  @IsInstant()
  at!: string;

  @IsStatusOrNull('null: accepted')
  from!: OrderStatus | null;

  @IsIn(ORDER_STATUSES)
  @JSONSchema({ example: 'Pending' })
  to!: OrderStatus;

  @IsInt()
  @JSONSchema({ description: 'attempts started by then', example: 0 })
  attempt!: number;

  @IsTextOrNull('null where nothing needs saying')
  reason!: string | null;
}

const isoOrNull = (at: number | null) => (at === null ? null : isoInstant(at));

/** `totalAmount` is `total_amount`. */
type SnakeCase<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeCase<Rest>}`
  : Name;

/**
 * The content of an order, with its names and units outside: in answers, and for the processor that is posted to. A field
 * that they do not show does not compile.
 */
export function toContentDto({
  userId,
  itemIds,
  totalAmount,
}: OrderContent): Pick<OrderDto, SnakeCase<keyof OrderContent>> {
  return { user_id: userId, item_ids: itemIds, total_amount: totalAmount / 100 };
}

export function toOrderDto(order: Order): OrderDto {
  return {
    order_id: order.orderId,
    ...toContentDto(order),
    status: order.status,
    attempts: order.attempts,
    error: order.error,
    created_at: isoInstant(order.createdAt),
    started_at: isoOrNull(order.startedAt),
    completed_at: isoOrNull(order.completedAt),
    updated_at: isoInstant(order.updatedAt),
  };
}

export function toOrderDetailDto({ order, waiting }: OrderView): OrderDetailDto {
  const dto: OrderDetailDto = toOrderDto(order);
  if (waiting) {
    dto.queue_position = waiting.position;
    dto.estimated_completion_at = isoInstant(waiting.estimatedCompletionAt);
  }
  return dto;
}

export function toOrderPageDto({ orders, next }: Page): OrderPageDto {
  return { orders: orders.map(toOrderDto), next_cursor: next === undefined ? null : toCursor(next) };
}

export function toHistoryDto(history: HistoryEntry[]): HistoryEntryDto[] {
  return history.map(({ at, from, to, attempt, reason }) => ({
    at: isoInstant(at),
    from,
    to,
    attempt,
    reason,
  }));
}

/** Opaque to clients, so that what it stands for may change. */
export function toCursor({ createdAt, seq }: ListCursor): string {
  return Buffer.from(`o${createdAt}.${seq}`).toString('base64url');
}

/** What a cursor stands for; undefined when it is none of ours. */
export function fromCursor(cursor: string): ListCursor | undefined {
  const parts = /^o(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return parts ? { createdAt: Number(parts[1]), seq: Number(parts[2]) } : undefined;
}
