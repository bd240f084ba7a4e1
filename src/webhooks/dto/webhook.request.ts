import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
} from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.status.js';
import { IsRequest, rule } from '../../http/validation/rules.js';
import type { WebhookContent } from '../store/webhooks.store.js';
import type { WebhookChange } from '../webhooks.service.js';

const LONGEST_URL = 2048;
const URL_PATTERN = /^https?:\/\/[!-~]+$/;

/** Its form; where it may lead is up to `TargetGuard`. */
const IsWebhookUrl = rule('isWebhookUrl', () => ({
  schema: {
    description: `a URL of at most ${LONGEST_URL} visible ASCII characters that begins with https:// or http://`,
    type: 'string',
    maxLength: LONGEST_URL,
    pattern: URL_PATTERN.source,
    example: 'https://shop.example/webhooks',
  },
  admits: (value) => typeof value === 'string' && value.length <= LONGEST_URL && URL_PATTERN.test(value),
}));

const STATUSES = { message: `must be an array of 1 to ${ORDER_STATUSES.length} different statuses` };

/** The body of `POST /webhooks`. */
@IsRequest('a JSON object that is a webhook')
export class CreateWebhookDto {
  @IsWebhookUrl()
  url!: string;

  @IsOptional()
  @IsArray(STATUSES)
  @ArrayMinSize(1, STATUSES)
  @ArrayMaxSize(ORDER_STATUSES.length, STATUSES)
  @ArrayUnique(STATUSES)
  @IsIn(ORDER_STATUSES, { each: true, message: `must be one of ${ORDER_STATUSES.join(', ')}` })
  @JSONSchema({
    description: 'the statuses to be told of; without it, all',
    example: ['Completed', 'Failed'],
  })
  statuses?: OrderStatus[];
}

/** The body of `PATCH /webhooks/{id}`: what is to be different. */
@IsRequest('a JSON object')
export class ChangeWebhookDto {
  @IsOptional()
  @IsWebhookUrl()
  url?: string;

  @IsOptional()
  @IsArray(STATUSES)
  @ArrayMinSize(1, STATUSES)
  @ArrayMaxSize(ORDER_STATUSES.length, STATUSES)
  @ArrayUnique(STATUSES)
  @IsIn(ORDER_STATUSES, { each: true, message: `must be one of ${ORDER_STATUSES.join(', ')}` })
  @JSONSchema({ description: 'the statuses to be told of', example: ['Completed', 'Failed'] })
  statuses?: OrderStatus[];

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  @JSONSchema({
    description: 'true: deliver, what waits at once; false: keep what is to be delivered until then',
    example: true,
  })
  enabled?: boolean;
}

export function toWebhookContent({ url, statuses }: CreateWebhookDto): WebhookContent {
  return { url, statuses: statuses ?? [...ORDER_STATUSES] };
}

export function toWebhookChange({ url, statuses, enabled }: ChangeWebhookDto): WebhookChange {
  return {
    ...(url !== undefined && { url }),
    ...(statuses !== undefined && { statuses }),
    ...(enabled !== undefined && { enabled }),
  };
}
