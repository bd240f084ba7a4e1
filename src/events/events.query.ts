import { IsOptional } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsRequest } from '../http/validation/rules.js';
import { IsTextIdInUrl } from '../orders/dto/order.fields.js';

/** The query of `GET /events`. */
@IsRequest('query parameters')
export class EventsQuery {
  @IsOptional()
  @IsTextIdInUrl()
  @JSONSchema({ example: 'order-1' })
  order_id?: string;

  @IsOptional()
  @IsTextIdInUrl()
  @JSONSchema({ example: 'user-1' })
  user_id?: string;
}
