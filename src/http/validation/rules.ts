import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';
import { JSONSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';

type Converters = NonNullable<
  NonNullable<Parameters<typeof validationMetadatasToSchemas>[0]>['additionalConverters']
>;
type JsonSchema = Exclude<Converters[string], (...args: never[]) => unknown>;

/** The JSON schemas of the rules made here, by the name of the rule; all others class-validator-jsonschema knows. */
export const CONVERTERS: Converters = {};

/** What a rule checks: as a schema, whose `description` is what a value must be, and as a function. */
export interface Rule {
  schema: JsonSchema & { description: string };
  admits: (value: unknown) => boolean;
}

/** A decorator of our own: class-validator's check and message, and the JSON schema, of one definition. */
export function rule<Limits extends unknown[]>(
  name: string,
  define: (...limits: Limits) => Rule,
): (...args: [...limits: Limits, options?: ValidationOptions]) => PropertyDecorator {
  CONVERTERS[name] = (meta) => define(...(meta.constraints as Limits)).schema;
  return (...args) => {
    const constraints = args.slice(0, define.length) as Limits;
    const options = args[define.length] as ValidationOptions | undefined;
    const { schema, admits } = define(...constraints);
    const defaultMessage = buildMessage((each) => `${each}$property must be ${schema.description}`, options);
    return ValidateBy({ name, constraints, validator: { validate: admits, defaultMessage } }, options);
  };
}

/** A class that is the body or the query of a request: no other fields. `description`: what it must be as a whole. */
export function IsRequest(description: string): ClassDecorator {
  return JSONSchema({ description, additionalProperties: false });
}

/** The same rule, for what may be null too. */
export function orNull({ schema: { description, ...schema }, admits }: Rule): Rule {
  return {
    schema: { description, oneOf: [schema, { type: 'null' }], example: null },
    admits: (value) => value === null || admits(value),
  };
}

export const IsWholeNumber = rule('isWholeNumber', (minimum: number, maximum: number) => ({
  schema: {
    type: 'integer',
    minimum,
    maximum,
    description: `a whole number from ${minimum} to ${maximum}`,
  },
  admits: (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
}));

const INSTANT: Rule = {
  schema: {
    type: 'string',
    format: 'date-time',
    description: 'an instant as in RFC 3339, with a time zone',
    example: '2026-01-31T12:00:00.000Z',
  },
  admits: (value) => typeof value === 'string' && isDateTime(value),
};

export const IsInstant = rule('isInstant', () => INSTANT);

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
