import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { InvalidRequest, type FieldError } from '../problem.js';
import type { Finding } from './compiled.check.js';
import type { DtoClass } from './json.schemas.js';

/** How class-validator begins a message about the entries of an array. */
const EACH = 'each value in ';

/** Nest's own check by class-validator, whose findings become a problem document. `item_ids[]`: each entry. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors: ValidationError[]) => new InvalidRequest(errors.flatMap(toFieldErrors)),
  });
}

/** Says in class-validator's words what is wrong with a value that the compiled check refused. */
export class Explainer {
  readonly #pipe = createValidationPipe();

  /** The findings, each in class-validator's words, or its own where class-validator finds nothing wrong. */
  async explain(
    dto: DtoClass,
    value: unknown,
    type: 'body' | 'query',
    findings: Finding[],
  ): Promise<FieldError[]> {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return findings.map(toFieldError);
    const shown = excerpt(value as Record<string, unknown>, findings); // an object
    const messages = new Map(
      (await this.#errors(dto, shown, type)).map(({ field, message }) => [field, message]),
    );
    return findings.map(({ field, message }) => ({
      field,
      message: messages.get(field.replaceAll(/\[\d+\]/g, '[]')) ?? message,
    }));
  }

  async #errors(dto: DtoClass, shown: unknown, type: 'body' | 'query'): Promise<FieldError[]> {
    try {
      await this.#pipe.transform(shown, { type, metatype: dto as new () => unknown }); // our DTOs are made by `new`
      return [];
    } catch (error) {
      if (error instanceof InvalidRequest) return error.extra.errors ?? [];
      throw error;
    }
  }
}

/**
 * The wrong fields, two levels deep: class-validator and class-transformer recurse, and a client's value may be deeper than
 * the stack allows. Of an array with wrong entries only the first of these: one message serves for all.
 */
function excerpt(value: Record<string, unknown>, findings: Finding[]): Record<string, unknown> {
  const shown: [name: string, value: unknown][] = [];
  const seen = new Set<string>();
  for (const { path } of findings) {
    const [name = '', index] = path;
    if (seen.has(name) || !Object.hasOwn(value, name)) continue;
    seen.add(name);
    const field = value[name];
    if (!Array.isArray(field)) shown.push([name, hollow(field)]);
    else shown.push([name, (index === undefined ? field : [field[Number(index)]]).map(hollow)]);
  }
  return Object.fromEntries(shown);
}

function hollow(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? [] : {};
}

/** One message for the field and one for its entries; of several decorators the topmost, most general one's. */
function toFieldErrors({ property, value, constraints = {} }: ValidationError): FieldError[] {
  if (constraints['whitelistValidation']) return [{ field: property, message: 'is not a known field' }];
  if (value === undefined) return [{ field: property, message: 'is required' }];
  const byField = new Map<string, string>();
  for (const text of Object.values(constraints)) {
    const isEach = text.startsWith(EACH);
    const name = `${isEach ? EACH : ''}${property} `;
    byField.set(isEach ? `${property}[]` : property, text.startsWith(name) ? text.slice(name.length) : text);
  }
  return [...byField].map(([field, message]) => ({ field, message }));
}

function toFieldError({ field, message }: Finding): FieldError {
  return { field, message };
}
