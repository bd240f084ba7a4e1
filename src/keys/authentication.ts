import { Injectable } from '@nestjs/common';
import { Unauthorized } from '../http/access/challenge.js';
import type { ProblemError } from '../http/problem.js';
import type { KeyedRequest } from './api.key.js';
import { KeyRing } from './key.ring.js';
import { LastUsed } from './last.used.js';

const READING = new Set(['GET', 'HEAD']);

/** Finds out with which API key a request comes. What that key may do is for `ScopeGuard` to say. */
@Injectable()
export class Authentication {
  constructor(
    private readonly ring: KeyRing,
    private readonly lastUsed: LastUsed,
  ) {}

  /** Whether `identify` can be called, and `refresh` need not be. */
  get isReady(): boolean {
    return this.ring.isFresh;
  }

  /** @throws DatabaseUnavailable */
  refresh(): Promise<void> {
    return this.ring.read();
  }

  /**
   * Gives the request its key. @returns 401 for one that would change something and has no valid key: its body is not even
   * read. No public route takes a body.
   */
  identify(request: KeyedRequest): ProblemError | undefined {
    if (this.ring.isOpen) return undefined;
    const { authorization } = request.headers;
    request.apiKey = authorization === undefined ? undefined : this.ring.find(authorization);
    if (request.apiKey) this.lastUsed.note(request.apiKey.id);
    else if (!READING.has(request.method)) return new Unauthorized(authorization !== undefined);
    return undefined;
  }
}
