import { getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  ValidateNested,
} from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { FieldErrorDto, type FieldError } from '../../http/problem.js';
import { IsRequest } from '../../http/validation/rules.js';
import { CreateOrderDto } from './create-order.dto.js';
import { IsTextOrNull } from './order.answers.js';

const ORDERS = 'an array of 1 to 1000 orders, each judged by itself';
const ORDERS_MESSAGE = { message: `must be ${ORDERS}` };

/** The body of `POST /orders/batch`. Each entry is judged by itself, so here it may be anything. */
@IsRequest('a JSON object with an array of orders')
export class BatchDto {
  @IsArray(ORDERS_MESSAGE)
  @ArrayMinSize(1, ORDERS_MESSAGE)
  @ArrayMaxSize(1000, ORDERS_MESSAGE)
  @JSONSchema({
    description: ORDERS,
    items: {
      // the check stops at the first that fits: an order is judged later, once
      anyOf: [
        {
          type: ['object', 'array', 'string', 'number', 'boolean', 'null'],
          items: {},
          description: 'anything else is refused by itself',
        },
        { $ref: getSchemaPath(CreateOrderDto) },
      ],
    },
    example: [
      { user_id: 'user-1', item_ids: ['item-1'], total_amount: 29.99 },
      { order_id: 'order-2', user_id: 'user-2', item_ids: [7, 8], total_amount: 100 },
    ],
  })
  orders!: unknown[];
}

/** What became of one order of a batch. */
export class BatchResultDto {
  @IsInt()
  @JSONSchema({ description: 'its index in the request', example: 0 })
  index!: number;

  @IsTextOrNull('null when the order was refused and had no id of its own')
  @JSONSchema({ example: 'order-1' })
  order_id!: string | null;

  @IsInt()
  @JSONSchema({
    description: 'what `POST /orders` would have answered: 201, 200 (replayed), 400, 409, 500, 503',
    example: 201,
  })
  status_code!: number;

  @IsString()
  @JSONSchema({ example: 'Order received' })
  message!: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => FieldErrorDto)
  errors?: FieldError[];
}

export class BatchReportDto {
  @IsInt()
  @JSONSchema({ example: 2 })
  accepted!: number;

  @IsInt()
  @JSONSchema({ example: 0 })
  replayed!: number;

  @IsInt()
  @JSONSchema({ example: 0 })
  rejected!: number;

  @ValidateNested({ each: true })
  @Type(() => BatchResultDto)
  results!: BatchResultDto[];
}
