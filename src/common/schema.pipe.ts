import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { InvalidRequest } from './problem.js';
import { SchemaValidator } from './schema.validator.js';

/** Lets a body or a query through when it fits the OpenAPI schema of its class; refuses it with 400 otherwise. */
@Injectable()
export class SchemaPipe implements PipeTransform {
  constructor(private readonly schemas: SchemaValidator) {}

  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (!metatype || metatype === String || (type !== 'body' && type !== 'query')) return value;
    const candidate = type === 'query' ? { ...(value as object) } : value;
    const errors =
      type === 'query'
        ? this.schemas.queryErrors(metatype, candidate)
        : this.schemas.errors(metatype, candidate);
    if (errors) throw new InvalidRequest(errors);
    return candidate;
  }
}
