import { Type } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { InvalidRequest } from '../../http/problem.js';
import { IsInstant, IsRequest, IsWholeNumber } from '../../http/validation/rules.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.status.js';
import type { ListCursor, OrderFilter } from '../store/orders.pages.js';
import { fromCursor } from './order.dto.js';
import { IsCursor, IsTextIdInUrl } from './order.fields.js';

const INCLUSIVE = 'an instant as in RFC 3339, with a time zone, inclusive';

/** Which orders are meant: all that are given must hold. */
export class OrderFilterQuery {
  @IsOptional()
  @IsIn(ORDER_STATUSES)
  @JSONSchema({ description: `one of ${ORDER_STATUSES.join(', ')}` })
  status?: OrderStatus;

  @IsOptional()
  @IsTextIdInUrl()
  @JSONSchema({ example: 'user-1' })
  user_id?: string;

  @IsOptional()
  @IsInstant()
  @JSONSchema({ description: INCLUSIVE })
  created_from?: string;

  @IsOptional()
  @IsInstant()
  @JSONSchema({ description: INCLUSIVE })
  created_to?: string;
}

/** The query of `GET /orders`. */
@IsRequest('query parameters')
export class ListOrdersQuery extends OrderFilterQuery {
  @IsOptional()
  @Type(() => Number)
  @IsWholeNumber(1, 200)
  @JSONSchema({ default: 50 })
  limit?: number;

  @IsOptional()
  @IsCursor()
  cursor?: string;
}

/** @throws InvalidRequest when the cursor is none of ours */
export function toListRequest(
  query: ListOrdersQuery,
): [filter: OrderFilter, cursor: ListCursor | undefined, limit: number] {
  const cursor = query.cursor === undefined ? undefined : fromCursor(query.cursor);
  if (query.cursor !== undefined && cursor === undefined)
    throw new InvalidRequest([{ field: 'cursor', message: 'must be the `next_cursor` of a page' }]);
  return [toFilter(query), cursor, query.limit ?? 50];
}

export function toFilter(query: OrderFilterQuery): OrderFilter {
  return {
    ...(query.status && { status: query.status }),
    ...(query.user_id && { userId: query.user_id }),
    ...(query.created_from && { createdFrom: Date.parse(query.created_from) }),
    ...(query.created_to && { createdTo: Date.parse(query.created_to) }),
  };
}
