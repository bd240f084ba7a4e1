import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { isoInstant } from '../../common/iso.instant.js';
import { IsInstant, orNull, rule } from '../../http/validation/rules.js';
import { IsInstantOrNull, IsTextOrNull } from '../../orders/dto/order.answers.js';
import type { DeliveryPage } from '../store/deliveries.store.js';
import { DELIVERY_STATES, type Delivery, type DeliveryState } from '../webhook.js';
import { WebhookMessageDto } from './webhook-message.dto.js';

const IsIntegerOrNull = rule('isIntegerOrNull', (description: string) =>
  orNull({ schema: { type: 'integer', description }, admits: Number.isInteger }),
);

export class DeliveryDto {
  @IsString()
  @JSONSchema({ example: '17' })
  id!: string;

  @IsString()
  @JSONSchema({
    description: '`webhook-id`: the same for every repeat',
    example: 'msg_5f0c8e1d7b6a4c3e9d2b1a0f8e7d6c5b',
  })
  message_id!: string;

  @IsIn(DELIVERY_STATES)
  @JSONSchema({ example: 'pending' })
  state!: DeliveryState;

  @IsInt()
  @JSONSchema({ description: 'attempts that have ended', example: 1 })
  attempts!: number;

  @IsInstantOrNull('when it is tried next; null: it is finished, or an earlier message of its order is not')
  next_attempt_at!: string | null;

  @IsInstantOrNull('start of the latest attempt')
  attempted_at!: string | null;

  @IsIntegerOrNull('how long that took, in milliseconds')
  duration_ms!: number | null;

  @IsIntegerOrNull('the status of its answer; null: there was none')
  response_status!: number | null;

  @IsTextOrNull('why it failed; null: it did not')
  error!: string | null;

  @IsInstant()
  created_at!: string;

  @ValidateNested()
  @Type(() => WebhookMessageDto)
  message!: WebhookMessageDto;
}

export class DeliveryPageDto {
  @ValidateNested({ each: true })
  @Type(() => DeliveryDto)
  deliveries!: DeliveryDto[];

  @IsTextOrNull('give it as `cursor` to get the next page; null at the end')
  next_cursor!: string | null;
}

const isoOrNull = (at: number | null) => (at === null ? null : isoInstant(at));

export function toDeliveryDto(delivery: Delivery): DeliveryDto {
  return {
    id: String(delivery.id),
    message_id: delivery.messageId,
    state: delivery.state,
    attempts: delivery.attempts,
    next_attempt_at: isoOrNull(delivery.nextAttemptAt),
    attempted_at: isoOrNull(delivery.attemptedAt),
    duration_ms: delivery.durationMs,
    response_status: delivery.responseStatus,
    error: delivery.error,
    created_at: isoInstant(delivery.createdAt),
    message: JSON.parse(delivery.payload) as WebhookMessageDto, // it was made from one
  };
}

export function toDeliveryPageDto({ deliveries, next }: DeliveryPage): DeliveryPageDto {
  return {
    deliveries: deliveries.map(toDeliveryDto),
    next_cursor: next === undefined ? null : toCursor(next),
  };
}

/** Opaque to clients, so that what it stands for may change. */
function toCursor(id: number): string {
  return Buffer.from(`d${id}`).toString('base64url');
}

/** What a cursor stands for; undefined when it is none of ours. */
export function fromCursor(cursor: string): number | undefined {
  const [, id] = /^d(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return id === undefined ? undefined : Number(id);
}
