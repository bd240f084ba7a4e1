import { applyDecorators, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { ApiProblem } from '../openapi/api.decorators.js';
import { API_KEY, SCOPE_EXTENSION, type Scope } from './scopes.js';

const ACCESS = Symbol('ACCESS');

/** Who may call a route: everybody, or the API keys that have a scope. */
export type Access = Scope | 'public';

const CHALLENGE = {
  'WWW-Authenticate': { description: 'the challenge of RFC 6750', schema: { type: 'string' } },
} as const;

/** The route is for API keys with this scope. While the server is open, everybody may call it. */
export function RequireScope(scope: Scope): MethodDecorator {
  return applyDecorators(
    SetMetadata(ACCESS, scope),
    ApiSecurity(API_KEY),
    ApiExtension(SCOPE_EXTENSION, scope),
    ApiProblem(401, {}, CHALLENGE),
    ApiProblem(403, { detail: `This API key does not have the scope ${scope}.` }, CHALLENGE),
  );
}

/** The route is for everybody, with a key or without. */
export const Public = (): MethodDecorator => SetMetadata(ACCESS, 'public');

/** What the route that is called declares; undefined: nothing, so nobody may call it. */
export function accessOf(reflector: Reflector, context: ExecutionContext): Access | undefined {
  return reflector.get<Access | undefined>(ACCESS, context.getHandler());
}
