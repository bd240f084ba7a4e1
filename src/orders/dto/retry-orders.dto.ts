import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { FailedFilter } from '../sql/failed.sql.js';
import { TEXT_ID, textId } from './create-order.dto.js';

const INSTANT = { type: 'string', format: 'date-time', example: '2026-01-31T12:00:00.000Z' } as const;
const RULE = 'an instant as in RFC 3339, with a time zone, inclusive';

/** The body of `POST /orders/retry`: which Failed orders are retried. An empty object: all. */
@ApiSchema({ name: 'RetryOrdersDto', description: 'a JSON object' })
export class RetryOrdersDto {
  @ApiPropertyOptional({ ...INSTANT, description: RULE })
  failed_from?: string;
  @ApiPropertyOptional({ ...INSTANT, description: RULE })
  failed_to?: string;
  @ApiPropertyOptional({ ...textId(TEXT_ID), example: 'user-1' })
  user_id?: string | number;
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    default: 1000,
    example: 1000,
    description: 'a whole number from 1 to 10000',
  })
  limit?: number;
}

export class RetriedDto {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'orders that are Pending again', example: 12 })
  retried!: number;
  @ApiProperty({ description: 'whether more Failed orders match: call again', example: false })
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
