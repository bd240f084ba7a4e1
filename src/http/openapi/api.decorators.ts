import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import {
  ApiOperation,
  ApiQuery,
  ApiResponse,
  getSchemaPath,
  type ApiResponseNoStatusOptions,
} from '@nestjs/swagger';
import { jsonSchemaOf, type DtoClass, type JsonSchema } from '../validation/json.schemas.js';
import { Problem } from '../problem.js';

const PROBLEM = { schema: { $ref: getSchemaPath(Problem) } };

const RETRY_AFTER = {
  'Retry-After': { description: 'seconds to wait', schema: { type: 'integer' } },
} as const;

/** The error answers that any request may get, whatever its route. */
const OTHERS = 'what else may be wrong with any request: 400, 403, 408, 413, 415, 421, 429 or 431';

/** Documents what a route does: its name in generated clients, a title, and a description. */
export function ApiRoute(operationId: string, summary: string, description: string): MethodDecorator {
  return ApiOperation({ operationId, summary, description });
}

/** Documents one error answer of a route: an RFC 9457 problem. `example`: where it differs from `openapi.examples.ts`. */
export function ApiProblem(
  status: number,
  example?: Partial<Problem>,
  headers?: ApiResponseNoStatusOptions['headers'],
): MethodDecorator & ClassDecorator {
  return ApiResponse({
    status,
    description: STATUS_CODES[status] ?? 'Error',
    content: { 'application/problem+json': { ...PROBLEM, ...(example && { example }) } },
    ...(headers && { headers }),
  });
}

/**
 * Documents the error answers of a route: RFC 9457 problems with these status codes, and those that any route has.
 * `examples`: by status, what such a problem says on this route, where it differs from `openapi.examples.ts`.
 */
export function ApiProblems(
  statuses: number[],
  examples: Record<number, Partial<Problem>> = {},
): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiProblem(status, examples[status], status === 503 ? RETRY_AFTER : undefined),
    ),
    ApiResponse({ status: '4XX', description: OTHERS, content: { 'application/problem+json': PROBLEM } }),
  );
}

/** Documents the query parameters of a route: the fields of their class. */
export function ApiQueryOf(query: DtoClass): MethodDecorator {
  const { properties = {}, required = [] } = jsonSchemaOf(query);
  return applyDecorators(
    ...Object.entries(properties).map(([name, property]) => {
      const { description = '', ...schema } = property as JsonSchema; // none is a reference
      return ApiQuery({ name, description, required: required.includes(name), schema });
    }),
  );
}
