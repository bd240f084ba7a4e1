import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { FieldErrorDto } from '../../common/problem.js';
import type { FieldError } from '../../common/schema.validator.js';
import { CreateOrderDto } from './create-order.dto.js';

/** The body of `POST /orders/batch`. Each entry is judged by itself, so here it may be anything. */
@ApiExtraModels(CreateOrderDto)
@ApiSchema({ name: 'BatchDto', description: 'a JSON object with an array of orders' })
export class BatchDto {
  @ApiProperty({
    description: 'an array of 1 to 1000 orders, each judged by itself',
    type: 'array',
    items: { anyOf: [{ $ref: getSchemaPath(CreateOrderDto) }, {}] },
    minItems: 1,
    maxItems: 1000,
    example: [
      { user_id: 'user-1', item_ids: ['item-1'], total_amount: 29.99 },
      { order_id: 'order-2', user_id: 'user-2', item_ids: [7, 8], total_amount: 100 },
    ],
  })
  orders!: unknown[];
}

/** What became of one order of a batch. */
export class BatchResultDto {
  @ApiProperty({ type: 'integer', description: 'its index in the request', example: 0 })
  index!: number;
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'null' }],
    description: 'null when the order was refused and had no id of its own',
    example: 'order-1',
  })
  order_id!: string | null;
  @ApiProperty({
    type: 'integer',
    description: 'what `POST /orders` would have answered: 201, 200 (replayed), 400, 409, 500, 503',
    example: 201,
  })
  status_code!: number;
  @ApiProperty({ example: 'Order received' })
  message!: string;
  @ApiPropertyOptional({ type: [FieldErrorDto] })
  errors?: FieldError[];
}

export class BatchReportDto {
  @ApiProperty({ type: 'integer', example: 2 })
  accepted!: number;
  @ApiProperty({ type: 'integer', example: 0 })
  replayed!: number;
  @ApiProperty({ type: 'integer', example: 0 })
  rejected!: number;
  @ApiProperty({ type: [BatchResultDto] })
  results!: BatchResultDto[];
}
