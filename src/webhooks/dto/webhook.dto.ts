import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsString, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { isoInstant } from '../../common/iso.instant.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.status.js';
import { IsInstant } from '../../http/validation/rules.js';
import { IsInstantOrNull, IsTextOrNull } from '../../orders/dto/order.answers.js';
import type { Webhook } from '../webhook.js';

const SECRET = {
  description: 'signs the messages; it is shown this once',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwk3jNPvBMlJ0=',
};

export class WebhookDto {
  @IsString()
  @JSONSchema({ example: '0197a1c2-7f3e-4d1b-9a55-2f6c1f0a8f10' })
  id!: string;

  @IsString()
  @JSONSchema({ example: 'https://shop.example/webhooks' })
  url!: string;

  @IsIn(ORDER_STATUSES, { each: true })
  @JSONSchema({ example: ['Completed', 'Failed'] })
  statuses!: OrderStatus[];

  @IsBoolean()
  @JSONSchema({ example: true })
  enabled!: boolean;

  @IsTextOrNull('why it is disabled; null while it is enabled')
  disabled_reason!: string | null;

  @IsInstantOrNull('since when it is disabled')
  disabled_at!: string | null;

  @IsInstantOrNull('since when every attempt has failed; null when the last one succeeded')
  failing_since!: string | null;

  @IsInstant()
  created_at!: string;

  @IsInstant()
  updated_at!: string;
}

export class NewWebhookDto extends WebhookDto {
  @IsString()
  @JSONSchema(SECRET)
  secret!: string;
}

export class SecretDto {
  @IsString()
  @JSONSchema(SECRET)
  secret!: string;
}

export class WebhookListDto {
  @ValidateNested({ each: true })
  @Type(() => WebhookDto)
  webhooks!: WebhookDto[];
}

const isoOrNull = (at: number | null) => (at === null ? null : isoInstant(at));

export function toWebhookDto(webhook: Webhook): WebhookDto {
  return {
    id: webhook.id,
    url: webhook.url,
    statuses: webhook.statuses,
    enabled: webhook.state === 'enabled',
    disabled_reason: webhook.disabledReason,
    disabled_at: isoOrNull(webhook.disabledAt),
    failing_since: isoOrNull(webhook.failingSince),
    created_at: isoInstant(webhook.createdAt),
    updated_at: isoInstant(webhook.updatedAt),
  };
}

export function toNewWebhookDto(webhook: Webhook, secret: string): NewWebhookDto {
  return Object.assign(toWebhookDto(webhook), { secret });
}
