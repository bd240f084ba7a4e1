import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsRequest, IsWholeNumber } from '../../http/validation/rules.js';
import type { Erased } from '../erasure/order.erasure.js';
import { IsTextId } from './order.fields.js';

/** The body of `POST /orders/erase`: whose orders are made anonymous. */
@IsRequest('a JSON object')
export class EraseOrdersDto {
  @IsTextId()
  @JSONSchema({ example: 'user-1' })
  user_id!: string | number;

  @IsOptional()
  @IsWholeNumber(1, 10_000)
  @JSONSchema({ example: 1000 }) // no `default`: generators of clients would make the field required
  limit?: number;
}

export class ErasedDto {
  @IsInt()
  @Min(0)
  @JSONSchema({ description: 'orders that have a pseudonym in the place of the user now', example: 12 })
  erased!: number;

  @IsBoolean()
  @JSONSchema({ description: 'whether more can be erased at once: call again', example: false })
  has_more!: boolean;

  @IsInt()
  @Min(0)
  @JSONSchema({
    description: 'orders that are Pending or Processing: call again when they have ended',
    example: 0,
  })
  unfinished!: number;
}

export function toEraseRequest({ user_id, limit }: EraseOrdersDto): [userId: string, limit: number] {
  return [String(user_id), limit ?? 1000];
}

export function toErasedDto({ erased, hasMore, unfinished }: Erased): ErasedDto {
  return { erased, has_more: hasMore, unfinished };
}
