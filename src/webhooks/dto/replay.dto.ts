import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsInstant, IsRequest, IsWholeNumber } from '../../http/validation/rules.js';
import type { FailedDeliveries } from '../store/deliveries.store.js';

/** The body of `POST /webhooks/{id}/replay`. An empty object: all that have failed. */
@IsRequest('a JSON object')
export class ReplayDto {
  @IsOptional()
  @IsInstant()
  @JSONSchema({ description: 'an instant as in RFC 3339, with a time zone, inclusive' })
  failed_from?: string;

  @IsOptional()
  @IsWholeNumber(1, 1000)
  @JSONSchema({ example: 100 }) // no `default`: generators of clients would make the field required
  limit?: number;
}

export class ReplayedDto {
  @IsInt()
  @Min(0)
  @JSONSchema({ description: 'messages that will be sent again', example: 12 })
  replayed!: number;

  @IsBoolean()
  @JSONSchema({ description: 'whether more match: call again', example: false })
  has_more!: boolean;
}

export function toReplayRequest({ failed_from, limit = 100 }: ReplayDto): FailedDeliveries {
  return { since: failed_from === undefined ? 0 : Date.parse(failed_from), limit };
}
