import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { accessOf } from '../http/access/access.decorators.js';
import { InsufficientScope } from '../http/access/challenge.js';
import type { Scope } from '../http/access/scopes.js';
import type { ApiKey, KeyedRequest } from './api.key.js';
import { Authentication } from './authentication.js';

/** Lets a request through to its route when its API key has the scope that the route declares. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(
    private readonly authentication: Authentication,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Unauthorized, InsufficientScope, DatabaseUnavailable */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.authentication.isOpen) return true;
    const access = accessOf(this.reflector, context);
    if (access === 'public') return true;
    if (access === undefined) return false;
    const key = this.authentication.authenticate(context.getArgByIndex<KeyedRequest>(0)); // switchToHttp costs 0.5 µs
    return key instanceof Promise ? key.then((found) => mayUse(found, access)) : mayUse(key, access);
  }
}

function mayUse({ scopes }: ApiKey, scope: Scope): true {
  if (!scopes.has(scope)) throw new InsufficientScope(scope);
  return true;
}
