import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsInstant, IsRequest, IsWholeNumber } from '../../http/validation/rules.js';
import type { FailedFilter } from '../store/sql/failed.sql.js';
import { IsTextId } from './order.fields.js';

const INCLUSIVE = 'an instant as in RFC 3339, with a time zone, inclusive';

/** The body of `POST /orders/retry`: which Failed orders are retried. An empty object: all. */
@IsRequest('a JSON object')
export class RetryOrdersDto {
  @IsOptional()
  @IsInstant()
  @JSONSchema({ description: INCLUSIVE })
  failed_from?: string;

  @IsOptional()
  @IsInstant()
  @JSONSchema({ description: INCLUSIVE })
  failed_to?: string;

  @IsOptional()
  @IsTextId()
  @JSONSchema({ example: 'user-1' })
  user_id?: string | number;

  @IsOptional()
  @IsWholeNumber(1, 10_000)
  @JSONSchema({ example: 1000 }) // no `default`: generators of clients would make the field required
  limit?: number;
}

export class RetriedDto {
  @IsInt()
  @Min(0)
  @JSONSchema({ description: 'orders that are Pending again', example: 12 })
  retried!: number;

  @IsBoolean()
  @JSONSchema({ description: 'whether more Failed orders match: call again', example: false })
  has_more!: boolean;
}

export function toRetryRequest(dto: RetryOrdersDto): [filter: FailedFilter, limit: number] {
  const filter: FailedFilter = {
    ...(dto.failed_from && { failedFrom: Date.parse(dto.failed_from) }),
    ...(dto.failed_to && { failedTo: Date.parse(dto.failed_to) }),
    ...(dto.user_id !== undefined && { userId: String(dto.user_id) }),
  };
  return [filter, dto.limit ?? 1000];
}
