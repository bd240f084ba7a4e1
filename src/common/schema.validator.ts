import { Injectable } from '@nestjs/common';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';

/** One thing that is wrong with a request. `field` is the place in the body: `item_ids[2]`; empty for the whole. */
export interface FieldError {
  field: string;
  message: string;
}

type Schema = Record<string, unknown>;
type DtoClass = abstract new (...args: never[]) => unknown;

/** A value with more keys, or a longer array, is told its first problem only: nobody reads a million of them. */
const MOST_KEYS = 100;
const MOST_ITEMS = 1000;

/**
 * Checks values against the schemas of the OpenAPI document, so that document and server cannot disagree.
 * Promises every problem at once, one message a field, worded by the schema's own `description`.
 */
@Injectable()
export class SchemaValidator {
  readonly #first = new Compiled({});
  readonly #all = new Compiled({ allErrors: true });
  readonly #query = new Compiled({ allErrors: true, coerceTypes: true, useDefaults: true });

  /** Takes the document's `components.schemas`; called once at boot, before the first request. */
  load(schemas: Record<string, object>): void {
    for (const compiled of [this.#first, this.#all, this.#query]) compiled.load(schemas);
  }

  /**
   * What is wrong with `value` as a JSON body of class `dto`; undefined when nothing is.
   * `most: 'first'` stops at the first problem, for values that come by the thousand.
   */
  errors(dto: DtoClass, value: unknown, most: 'all' | 'first' = 'all'): FieldError[] | undefined {
    const first = this.#first.errors(dto, value);
    return first && most === 'all' && isSmall(value) ? this.#all.errors(dto, value) : first;
  }

  /** The same for query parameters, which arrive as text: numbers are converted and defaults filled in, in place. */
  queryErrors(dto: DtoClass, value: unknown): FieldError[] | undefined {
    return this.#query.errors(dto, value);
  }
}

/** The document's schemas compiled with one set of options, each on its first use. */
class Compiled {
  readonly #ajv: Ajv;
  readonly #byClass = new Map<DtoClass, ValidateFunction>();

  constructor(options: Options) {
    this.#ajv = createAjv(options);
  }

  load(schemas: Record<string, object>): void {
    this.#ajv.addSchema({ $id: 'openapi', components: { schemas } });
  }

  errors(dto: DtoClass, value: unknown): FieldError[] | undefined {
    let validate = this.#byClass.get(dto);
    if (!validate) {
      validate = this.#ajv.getSchema(`openapi#/components/schemas/${dto.name}`);
      if (!validate) throw new Error(`the OpenAPI document has no schema ${dto.name}`);
      this.#byClass.set(dto, validate);
    }
    return validate(value) ? undefined : readable(validate.errors ?? []);
  }
}

function isSmall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const fields: unknown[] = Object.values(value);
  return (
    fields.length <= MOST_KEYS && !fields.some((field) => Array.isArray(field) && field.length > MOST_ITEMS)
  );
}

function createAjv(options: Options): Ajv {
  const ajv = new Ajv({
    verbose: true,
    strict: false,
    ownProperties: true,
    meta: false, // to compile the schema of schemas would be a tenth of the time of a start
    validateSchema: false,
    ...options,
  });
  // 29.99 / 0.01 is not whole in binary; x has at most two decimals when it is the number nearest to some n / 100.
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile: (step: number) => {
      const scale = Math.round(1 / step);
      return (value: number) => Math.round(value * scale) / scale === value;
    },
  });
  ajv.addFormat('date-time', { validate: isDateTime });
  return ajv;
}

/** RFC 3339, section 5.6, with any number of decimals and a time zone. */
export function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(text) &&
    isDay(text.slice(0, 10)) &&
    !Number.isNaN(Date.parse(text))
  );
}

/** Whether the calendar has this day: `Date.parse` takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

/** One entry a field, in the order found. */
function readable(errors: ErrorObject[]): FieldError[] {
  const byField = new Map<string, string>();
  for (const error of errors) {
    const [field, message] = explain(error);
    if (!byField.has(field) || error.keyword === 'oneOf') byField.set(field, message);
  }
  return [...byField].map(([field, message]) => ({ field, message }));
}

function explain(error: ErrorObject): [field: string, message: string] {
  const at = fieldName(error.instancePath);
  const inside = (name: string) => (at ? `${at}.${name}` : name);
  const params = error.params as Schema;
  if (error.keyword === 'required') return [inside(String(params['missingProperty'])), 'is required'];
  if (error.keyword === 'additionalProperties')
    return [inside(String(params['additionalProperty'])), 'is not a known field'];
  const { description } = error.parentSchema as { description?: string };
  return [at, description ? `must be ${description}` : (error.message ?? 'is not valid')];
}

/** `/orders/3/item_ids/0` → `orders[3].item_ids[0]` */
function fieldName(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part), '');
}
