import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { InvalidRequest } from '../../common/problem.js';
import { ORDER_STATUSES, type OrderStatus } from '../order.status.js';
import type { ListPlace, OrderFilter } from '../orders.pages.js';
import { TEXT_ID_PATTERN } from './create-order.dto.js';
import { fromCursor } from './order.dto.js';

const INSTANT = { type: 'string', format: 'date-time', example: '2026-01-31T12:00:00.000Z' } as const;
const INSTANT_RULE = 'an instant as in RFC 3339, with a time zone';

/** The query of `GET /orders`. */
@ApiSchema({ name: 'ListOrdersQuery', description: 'query parameters' })
export class ListOrdersQuery {
  @ApiPropertyOptional({ enum: ORDER_STATUSES, description: `one of ${ORDER_STATUSES.join(', ')}` })
  status?: OrderStatus;
  @ApiPropertyOptional({
    type: 'string',
    pattern: TEXT_ID_PATTERN,
    description: 'a string of 1 to 128 characters without control characters',
    example: 'user-1',
  })
  user_id?: string;
  @ApiPropertyOptional({ ...INSTANT, description: `${INSTANT_RULE}, inclusive` })
  created_from?: string;
  @ApiPropertyOptional({ ...INSTANT, description: `${INSTANT_RULE}, inclusive` })
  created_to?: string;
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 200,
    default: 50,
    description: 'a whole number from 1 to 200',
  })
  limit?: number;
  @ApiPropertyOptional({ type: 'string', maxLength: 64, description: 'the `next_cursor` of a page' })
  cursor?: string;
}

/** @throws InvalidRequest when the cursor is none of ours */
export function toListRequest(
  query: ListOrdersQuery,
): [filter: OrderFilter, place: ListPlace | undefined, limit: number] {
  const place = query.cursor === undefined ? undefined : fromCursor(query.cursor);
  if (query.cursor !== undefined && place === undefined)
    throw new InvalidRequest([{ field: 'cursor', message: 'must be the `next_cursor` of a page' }]);
  const filter: OrderFilter = {
    ...(query.status && { status: query.status }),
    ...(query.user_id && { userId: query.user_id }),
    ...(query.created_from && { createdFrom: Date.parse(query.created_from) }),
    ...(query.created_to && { createdTo: Date.parse(query.created_to) }),
  };
  return [filter, place, query.limit ?? 50];
}
