import { Type } from 'class-transformer';
import { IsIn, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { ORDER_STATUSES } from '../../domain/order.status.js';
import { IsInstant } from '../../http/validation/rules.js';
import { TransitionDto } from '../../orders/dto/transition.dto.js';

/** The type of the message about an order that has come to this status: `order.completed`. */
export const typeOf = (status: string): string => `order.${status.toLowerCase()}`;

/** The body that an endpoint is sent. */
export class WebhookMessageDto {
  @IsIn(ORDER_STATUSES.map(typeOf))
  @JSONSchema({ example: 'order.pending' })
  type!: string;

  @IsInstant()
  @JSONSchema({ description: 'when the transition was made' })
  timestamp!: string;

  @ValidateNested()
  @Type(() => TransitionDto)
  data!: TransitionDto;
}
