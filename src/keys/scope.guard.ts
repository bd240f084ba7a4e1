import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { accessOf } from '../http/access/access.decorators.js';
import { InsufficientScope, Unauthorized } from '../http/access/challenge.js';
import type { KeyedRequest } from './api.key.js';
import { KeyRing } from './key.ring.js';

/** Lets a request through to its route when its API key has the scope that the route declares. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(
    private readonly ring: KeyRing,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Unauthorized, InsufficientScope */
  canActivate(context: ExecutionContext): boolean {
    if (this.ring.isOpen) return true;
    const access = accessOf(this.reflector, context);
    if (access === 'public') return true;
    if (access === undefined) return false;
    const { apiKey, headers } = context.switchToHttp().getRequest<KeyedRequest>();
    if (!apiKey) throw new Unauthorized(headers.authorization !== undefined);
    if (!apiKey.scopes.has(access)) throw new InsufficientScope(access);
    return true;
  }
}
