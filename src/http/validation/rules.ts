import { fullFormats } from 'ajv-formats/dist/formats.js';
import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';
import { JSONSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';

type Converters = NonNullable<
  NonNullable<Parameters<typeof validationMetadatasToSchemas>[0]>['additionalConverters']
>;
type JsonSchema = Exclude<Converters[string], (...args: never[]) => unknown>;

/** The JSON schemas of our own rules, by name; class-validator-jsonschema knows those of class-validator. */
export const CONVERTERS: Converters = {};

/** A rule as a JSON schema, whose `description` ends the sentence "must be …", and as a function. */
export interface Rule {
  schema: JsonSchema & { description: string };
  admits: (value: unknown) => boolean;
}

/** Makes a decorator of our own: class-validator's check and message, and the JSON schema, from one definition. */
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

/** For the class of a body or a query: no other fields are allowed. `description`: what it must be as a whole. */
export function IsRequest(description: string): ClassDecorator {
  return JSONSchema({ description, additionalProperties: false });
}

/** The same rule, which also admits null. */
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

const { validate: isAjvDateTime } = fullFormats['date-time'] as { validate: (text: string) => boolean }; // its type is that of any format

/** ajv-formats takes a blank in place of the T, and a zone without its colon: RFC 3339 has neither. */
const WITH_T_AND_COLON = /^\S+T\S+(Z|:\d\d)$/i;

/** RFC 3339, section 5.6, with a time zone: what ajv-formats admits, but for a leap second, which `Date` cannot say. */
export function isDateTime(text: string): boolean {
  return isAjvDateTime(text) && WITH_T_AND_COLON.test(text) && !Number.isNaN(Date.parse(text));
}
