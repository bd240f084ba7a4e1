import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsRequest } from '../../http/validation/rules.js';
import type { OrderRequest } from '../../domain/order.js';
import { IsMoney, IsOrderId, IsTextId } from './order.fields.js';

const ITEM_IDS = 'an array of 1 to 1000 item ids';
const ITEM_IDS_MESSAGE = { message: `must be ${ITEM_IDS}` };

/** The body of `POST /orders`. */
@IsRequest('a JSON object that is an order')
export class CreateOrderDto {
  @IsOptional()
  @IsOrderId()
  @JSONSchema({ example: 'order-1' })
  order_id?: string | number;

  @IsTextId()
  @JSONSchema({ example: 'user-1' })
  user_id!: string | number;

  @IsArray(ITEM_IDS_MESSAGE)
  @ArrayMinSize(1, ITEM_IDS_MESSAGE)
  @ArrayMaxSize(1000, ITEM_IDS_MESSAGE)
  @IsTextId({ each: true })
  @JSONSchema({ description: ITEM_IDS, example: ['item-1', 'item-2'] })
  item_ids!: (string | number)[];

  @IsMoney()
  @JSONSchema({ example: 29.99 })
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
