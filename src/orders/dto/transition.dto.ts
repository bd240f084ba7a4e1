import { IsIn, IsInt, IsString } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { isoInstant } from '../../common/iso.instant.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.status.js';
import { IsInstant } from '../../http/validation/rules.js';
import type { LogEntry } from '../store/log/order.log.js';
import { IsStatusOrNull } from './order.answers.js';

/** A transition as it is told to others, by events and webhooks. */
export class TransitionDto {
  @IsString()
  @JSONSchema({ example: 'order-1' })
  order_id!: string;

  @IsString()
  @JSONSchema({ example: 'user-1' })
  user_id!: string;

  @IsStatusOrNull('null: accepted')
  from!: OrderStatus | null;

  @IsIn(ORDER_STATUSES)
  @JSONSchema({ example: 'Pending' })
  to!: OrderStatus;

  @IsInt()
  @JSONSchema({ description: 'attempts started by then', example: 0 })
  attempt!: number;

  @IsInstant()
  at!: string;
}

export function toTransitionDto({ orderId, userId, from, to, attempt, at }: LogEntry): TransitionDto {
  return { order_id: orderId, user_id: userId, from, to, attempt, at: isoInstant(at) };
}
