import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import type { FieldError } from '../problem.js';
import type { DtoClass } from './json.schemas.js';
import { isDateTime } from './rules.js';

/** What the compiled check found, and the way to it from the whole body: `['item_ids', '2']`. */
export interface Finding extends FieldError {
  path: string[];
}

/** The schemas of the OpenAPI document compiled with one set of options, each on its first use. */
export class CompiledCheck {
  readonly #ajv: Ajv;
  readonly #byClass = new Map<DtoClass, ValidateFunction>();

  constructor(options: Options) {
    this.#ajv = createAjv(options);
  }

  load(schemas: Record<string, object>): void {
    this.#ajv.addSchema({ $id: 'openapi', components: { schemas } });
  }

  admits(dto: DtoClass, value: unknown): boolean {
    return this.#compiled(dto)(value) as boolean; // none of our schemas is asynchronous
  }

  /** One entry a field, in the order found; empty when there is nothing to find. */
  findings(dto: DtoClass, value: unknown): Finding[] {
    const validate = this.#compiled(dto);
    return validate(value) ? [] : readable(validate.errors ?? []);
  }

  #compiled(dto: DtoClass): ValidateFunction {
    let validate = this.#byClass.get(dto);
    if (!validate) {
      validate = this.#ajv.getSchema(`openapi#/components/schemas/${dto.name}`);
      if (!validate) throw new Error(`the OpenAPI document has no schema ${dto.name}`);
      this.#byClass.set(dto, validate);
    }
    return validate;
  }
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

function readable(errors: ErrorObject[]): Finding[] {
  const byField = new Map<string, Finding>();
  for (const error of errors) {
    const finding = toFinding(error);
    if (!byField.has(finding.field)) byField.set(finding.field, finding);
  }
  return [...byField.values()];
}

function toFinding(error: ErrorObject): Finding {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'required')
    return findingAt([...path, String(params['missingProperty'])], 'is required');
  if (error.keyword === 'additionalProperties')
    return findingAt([...path, String(params['additionalProperty'])], 'is not a known field');
  const { description } = error.parentSchema as { description?: string };
  return findingAt(path, description ? `must be ${description}` : (error.message ?? 'is not valid'));
}

function findingAt(path: string[], message: string): Finding {
  return { path, field: fieldName(path), message };
}

/** `['orders', '3', 'item_ids', '0']` → `orders[3].item_ids[0]` */
function fieldName(path: string[]): string {
  return path.reduce(
    (name, part) => (/^\d+$/.test(part) ? `${name}[${part}]` : name ? `${name}.${part}` : part),
    '',
  );
}
