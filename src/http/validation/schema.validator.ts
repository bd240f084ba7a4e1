import { Injectable } from '@nestjs/common';
import type { FieldError } from '../problem.js';
import { CompiledCheck } from './compiled.check.js';
import { Explainer } from './explainer.js';
import type { DtoClass } from './json.schemas.js';

/** Of a value with more keys or a longer array only the first problem is reported, or there could be a million. */
const MOST_KEYS = 100;
const MOST_ITEMS = 1000;

/**
 * Checks bodies and queries by the decorators of their classes. The JSON schemas made of them are compiled into one
 * function each, and stand in the OpenAPI document, so document and server cannot disagree. The compiled function decides;
 * class-validator explains what it refused: every problem at once, one message a field.
 */
@Injectable()
export class SchemaValidator {
  readonly #first = new CompiledCheck({});
  readonly #all = new CompiledCheck({ allErrors: true });
  readonly #query = new CompiledCheck({ allErrors: true, coerceTypes: true, useDefaults: true });
  readonly #explainer = new Explainer();

  /** Takes the document's `components.schemas`; called once at boot, before the first request. */
  load(schemas: Record<string, object>): void {
    for (const check of [this.#first, this.#all, this.#query]) check.load(schemas);
  }

  /** Whether `value` is a valid body of class `dto`. */
  admits(dto: DtoClass, value: unknown): boolean {
    return this.#first.admits(dto, value);
  }

  /** What is wrong with a body; empty when nothing is. Of a large value only the first problem is reported. */
  async errors(dto: DtoClass, value: unknown): Promise<FieldError[]> {
    if (!isSmall(value)) return this.firstError(dto, value);
    return this.#explainer.explain(dto, value, 'body', this.#all.findings(dto, value));
  }

  /** The first problem, if any, in the words of the compiled check: for values that come by the thousand. */
  firstError(dto: DtoClass, value: unknown): FieldError[] {
    return this.#first.findings(dto, value).map(({ field, message }) => ({ field, message }));
  }

  /** A query, which arrives as text, with its numbers as numbers and its defaults; or what is wrong with it. */
  query(dto: DtoClass, value: object): { query: object } | { errors: Promise<FieldError[]> } {
    const query = { ...value };
    const findings = this.#query.findings(dto, query);
    if (findings.length === 0) return { query };
    return { errors: this.#explainer.explain(dto, value, 'query', findings) };
  }
}

function isSmall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const fields: unknown[] = Object.values(value);
  return (
    fields.length <= MOST_KEYS && !fields.some((field) => Array.isArray(field) && field.length > MOST_ITEMS)
  );
}
