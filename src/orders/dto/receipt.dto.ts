import { IsIn, IsString } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import type { Receipt } from '../../domain/order.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.status.js';

/** The answer to an accepted order. */
export class ReceiptDto {
  @IsString()
  @JSONSchema({ example: 'Order received' })
  message!: string;

  @IsString()
  @JSONSchema({ example: 'order-1' })
  order_id!: string;

  @IsIn(ORDER_STATUSES)
  @JSONSchema({ example: 'Pending' })
  status!: OrderStatus;
}

export function toReceiptDto({ orderId, status }: Receipt): ReceiptDto {
  return { message: 'Order received', order_id: orderId, status };
}
