import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiQuery, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { jsonSchemaOf, type DtoClass, type JsonSchema } from '../http/validation/json.schemas.js';
import { Problem } from './problem.js';

/** Documents the error answers of a route: RFC 9457 problems with these status codes. */
export function ApiProblems(...statuses: number[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: STATUS_CODES[status] ?? 'Error',
        content: { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } },
        ...(status === 503 && {
          headers: { 'Retry-After': { description: 'seconds to wait', schema: { type: 'integer' } } },
        }),
      }),
    ),
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
