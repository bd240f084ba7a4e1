import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { OrderRequest } from '../order.js';

const INTEGER_ID = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** Text of 1 to 128 characters without control characters and halves of surrogate pairs. */
export const TEXT_ID_PATTERN = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]{1,128}$';

/** Such a text, or an integer as its digits. */
export const textId = (description: string) => ({
  description,
  oneOf: [{ type: 'string', pattern: TEXT_ID_PATTERN }, INTEGER_ID],
});

export const TEXT_ID =
  'a string of 1 to 128 characters without control characters, or a non-negative integer';

/** An order's id is a path segment of its URL: characters that need no escaping, and no `.` or `..`. */
export const ORDER_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$';

/** The body of `POST /orders`. What a field must be is its `description`; error messages are made of it. */
@ApiSchema({ name: 'CreateOrderDto', description: 'a JSON object that is an order' })
export class CreateOrderDto {
  @ApiPropertyOptional({
    description:
      'a string of 1 to 128 of the characters A–Z a–z 0–9 . _ : ~ - that begins with a letter or digit, or a non-negative integer',
    oneOf: [{ type: 'string', pattern: ORDER_ID_PATTERN }, INTEGER_ID],
    example: 'order-1',
  })
  order_id?: string | number;

  @ApiProperty({ ...textId(TEXT_ID), example: 'user-1' })
  user_id!: string | number;

  @ApiProperty({
    description: 'an array of 1 to 1000 item ids',
    type: 'array',
    items: textId(TEXT_ID),
    minItems: 1,
    maxItems: 1000,
    example: ['item-1', 'item-2'],
  })
  item_ids!: (string | number)[];

  @ApiProperty({
    description: 'a number from 0 to 999999999.99 with at most 2 decimals',
    type: 'number',
    minimum: 0,
    maximum: 999_999_999.99,
    multipleOf: 0.01,
    example: 29.99,
  })
  total_amount!: number;
}

/** `Idempotency-Key`: visible ASCII, https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** A valid body as the order it asks for: names, integer ids as text, money in minor units. */
export function toOrderRequest(dto: CreateOrderDto, idempotencyKey: string | null): OrderRequest {
  return {
    orderId: dto.order_id === undefined ? null : String(dto.order_id),
    idempotencyKey,
    userId: String(dto.user_id),
    itemIds: dto.item_ids.map(String),
    totalAmount: Math.round(dto.total_amount * 100) + 0, // + 0: JSON has a -0
  };
}
