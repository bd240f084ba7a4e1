import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { JsonSchema } from '../validation/json.schemas.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Content = Record<string, { schema?: unknown; example?: unknown; examples?: unknown }>;

const PROBLEM = 'application/problem+json';

/** The `detail` of a problem by its status, for operations without an example of their own. */
const DETAILS: Record<string, string> = {
  '400': 'The body is not valid JSON.',
  '401': 'This API key is not valid.',
  '404': 'There is no order order-1.',
  '409': 'Order order-1 exists with other content.',
  '413': 'The body is too large.',
  '415': 'The body must be application/json.',
  '422': 'This Idempotency-Key was used for an order with other content.',
  '4XX': 'This server does not answer by this host name.',
  '503': 'The database is not available at the moment; please try again.',
};

/** Gives every body and every answer an example: its own, or one made of those of its fields. */
export function addExamples(document: OpenAPIObject): void {
  for (const [path, operations] of Object.entries(document.paths))
    for (const operation of Object.values(operations) as Operation[]) {
      const body = operation.requestBody as { content?: Content } | undefined;
      fill(document, body?.content);
      for (const [status, response] of Object.entries(operation.responses)) {
        const content = (response as { content?: Content }).content;
        const problem = content?.[PROBLEM];
        if (problem) problem.example = { ...problemExample(status, path), ...(problem.example as object) };
        fill(document, content);
      }
    }
}

function fill(document: OpenAPIObject, content: Content = {}): void {
  for (const media of Object.values(content))
    if (!isShown(media) && media.schema) media.example = exampleOf(document, media.schema as JsonSchema); // what Nest wrote
}

function isShown(media: Content[string]): boolean {
  return media.example !== undefined || media.examples !== undefined;
}

function problemExample(status: string, path: string): object {
  const code = Number(status.replace('XX', '21')); // 421, which stands for all that have no entry of their own
  return {
    type: 'about:blank',
    title: STATUS_CODES[code],
    status: code,
    detail: DETAILS[status],
    instance: path.replace('{id}', 'order-1'),
  };
}

/** The example of a schema, or one made of its parts'. */
function exampleOf(document: OpenAPIObject, given: JsonSchema | { $ref: string }): unknown {
  const schema = resolve(document, given);
  if ('example' in schema) return schema.example;
  if (schema.allOf?.[0]) return exampleOf(document, schema.allOf[0]);
  if (schema.type === 'array' && schema.items) return [exampleOf(document, schema.items)];
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [name, exampleOf(document, property)]),
  );
}

function resolve(document: OpenAPIObject, schema: JsonSchema | { $ref: string }): JsonSchema {
  if (!('$ref' in schema) || !schema.$ref) return schema as JsonSchema; // it is no reference
  const name = schema.$ref.split('/').at(-1) ?? '';
  return resolve(document, document.components?.schemas?.[name] as JsonSchema); // Nest refers only to schemas that it made
}
