import { Ajv, type ValidateFunction } from 'ajv';
import { isDateTime } from '../../src/http/validation/rules.js';

export interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
export interface Schema extends Record<string, unknown> {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: [Schema];
  example?: unknown;
}
export interface DocumentedResponse {
  description: string;
  content?: Record<string, Media>;
  headers?: Record<string, unknown>;
}
export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters: { name: string; in: string; required?: boolean }[];
  security?: Record<string, string[]>[];
  'x-required-scope'?: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, DocumentedResponse>;
}
export interface OpenApi {
  openapi: string;
  info: { title: string; version: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Every operation, as `[method, path, operation]`. */
export function operationsOf(document: OpenApi): [method: string, path: string, operation: Operation][] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, string, Operation] => [
      method,
      path,
      operation,
    ]),
  );
}

/** Every object inside `value`, itself included. */
export function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>; // no array, so it has named fields
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

/** The schema that a `$ref` names, followed to its end. */
export function resolve(document: OpenApi, schema: Schema): Schema {
  const name = schema.$ref && /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref)?.[1];
  if (!schema.$ref) return schema;
  const found = name ? document.components.schemas[name] : undefined;
  if (!found) throw new Error(`${schema.$ref} leads nowhere`);
  return resolve(document, found);
}

/** The example that the document gives of a schema: its own, or one made of its parts'. */
export function exampleOf(document: OpenApi, given: Schema): unknown {
  const schema = resolve(document, given);
  if ('example' in schema) return schema.example;
  if (schema.allOf) return exampleOf(document, schema.allOf[0]);
  if (schema.type === 'array' && schema.items) return [exampleOf(document, schema.items)];
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, exampleOf(document, property)]),
    );
  throw new Error(`there is no example of ${JSON.stringify(schema)}`);
}

/** Checks values against schemas of the document, closed: a field that is not documented is an error. */
export function validatorOf(document: OpenApi): (schema: Schema) => ValidateFunction {
  const closed = structuredClone(document);
  for (const schema of Object.values(closed.components.schemas))
    if (schema.properties) schema['additionalProperties'] = false;
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.removeKeyword('multipleOf'); // of 0.01: not decidable in binary; the tests of money have it
  ajv.addFormat('date-time', { validate: isDateTime });
  ajv.addSchema({ $id: 'openapi', components: closed.components });
  return (schema) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')));
}
