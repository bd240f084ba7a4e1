import { ApiProperty } from '@nestjs/swagger';
import type { Receipt } from '../order.js';
import { ORDER_STATUSES, type OrderStatus } from '../order.status.js';

/** The answer to an accepted order. */
export class ReceiptDto {
  @ApiProperty({ example: 'Order received' })
  message!: string;
  @ApiProperty({ example: 'order-1' })
  order_id!: string;
  @ApiProperty({ enum: ORDER_STATUSES, example: 'Pending' })
  status!: OrderStatus;
}

export function toReceiptDto({ orderId, status }: Receipt): ReceiptDto {
  return { message: 'Order received', order_id: orderId, status };
}
