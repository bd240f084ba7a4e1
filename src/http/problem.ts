import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** One thing that is wrong with a request. `field` is where in the body: `item_ids[2]`; empty for the whole. */
export interface FieldError {
  field: string;
  message: string;
}

export class FieldErrorDto implements FieldError {
  @IsString()
  @JSONSchema({
    description: 'where: `item_ids[2]`; empty for the whole body',
    example: 'total_amount',
  })
  field!: string;

  @IsString()
  @JSONSchema({ example: 'must be a number from 0 to 999999999.99 with at most 2 decimals' })
  message!: string;
}

/** The body of every error answer. @see https://www.rfc-editor.org/rfc/rfc9457 */
@JSONSchema({ description: 'RFC 9457 problem details' })
export class Problem {
  @IsString()
  @JSONSchema({ example: 'about:blank', description: 'a URI that names the kind of problem' })
  type!: string;

  @IsString()
  @JSONSchema({ example: 'Bad Request' })
  title!: string;

  @IsInt()
  @Min(400)
  @Max(599)
  @JSONSchema({ example: 400 })
  status!: number;

  @IsString()
  @JSONSchema({ example: 'The request has 1 problem.' })
  detail!: string;

  @IsString()
  @JSONSchema({ example: '/orders', description: 'the path that was asked for' })
  instance!: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => FieldErrorDto)
  @JSONSchema({ description: 'every problem of a request that is not valid' })
  errors?: FieldError[];
}

/** For an unforeseen error: the order may have been stored all the same. */
export const UNKNOWN_OUTCOME =
  'Something went wrong here, and what became of the request is not known. It does no harm to repeat it with the same order_id or Idempotency-Key.';

/** An error that says which answer it becomes. Only HTTP code throws it; services throw domain errors. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly extra: { errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
  }
}

/** 400 with every problem listed. */
export class InvalidRequest extends ProblemError {
  constructor(errors: FieldError[]) {
    super(400, `The request has ${errors.length === 1 ? '1 problem' : `${errors.length} problems`}.`, {
      errors,
    });
  }
}
