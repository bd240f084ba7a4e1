import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { InvalidRequest } from '../problem.js';
import type { DtoClass } from './json.schemas.js';
import { SchemaValidator } from './schema.validator.js';

/**
 * Admits a valid body or query; refuses any other with 400. Stands in for Nest's `ValidationPipe`, which takes 14 µs for an
 * order where this takes 0.4, and which only explains here what was refused.
 */
@Injectable()
export class SchemaPipe implements PipeTransform {
  constructor(private readonly schemas: SchemaValidator) {}

  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (!metatype || metatype === String) return value;
    if (type === 'query') return this.#query(value as object, metatype); // Express always makes one
    if (type === 'body' && !this.schemas.admits(metatype, value))
      return this.schemas.errors(metatype, value).then(refuse);
    return value;
  }

  #query(value: object, metatype: DtoClass): unknown {
    const checked = this.schemas.query(metatype, value);
    return 'query' in checked ? checked.query : checked.errors.then(refuse);
  }
}

/** @throws InvalidRequest */
function refuse(errors: ConstructorParameters<typeof InvalidRequest>[0]): never {
  throw new InvalidRequest(errors);
}
