import { Type } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { InvalidRequest } from '../../http/problem.js';
import { IsRequest, IsWholeNumber } from '../../http/validation/rules.js';
import { IsCursor } from '../../orders/dto/order.fields.js';
import type { DeliveryPageRequest } from '../store/deliveries.store.js';
import { DELIVERY_STATES, type DeliveryState } from '../webhook.js';
import { fromCursor } from './delivery.dto.js';

/** The query of `GET /webhooks/{id}/deliveries`. */
@IsRequest('query parameters')
export class ListDeliveriesQuery {
  @IsOptional()
  @IsIn(DELIVERY_STATES)
  @JSONSchema({ description: `one of ${DELIVERY_STATES.join(', ')}` })
  state?: DeliveryState;

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
export function toDeliveryRequest({ state, cursor, limit = 50 }: ListDeliveriesQuery): DeliveryPageRequest {
  const before = cursor === undefined ? undefined : fromCursor(cursor);
  if (cursor !== undefined && before === undefined)
    throw new InvalidRequest([{ field: 'cursor', message: 'must be the `next_cursor` of a page' }]);
  return { state, before, limit };
}
