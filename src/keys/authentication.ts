import { Injectable } from '@nestjs/common';
import { Unauthorized } from '../http/access/challenge.js';
import type { ApiKey, KeyedRequest } from './api.key.js';
import { KeyRing } from './key.ring.js';
import { LastUsed } from './last.used.js';

/** Finds out with which API key a request comes. What that key may do is for `ScopeGuard` to say. */
@Injectable()
export class Authentication {
  constructor(
    private readonly ring: KeyRing,
    private readonly lastUsed: LastUsed,
  ) {}

  /** Whether nobody needs a key. */
  get isOpen(): boolean {
    return this.ring.isOpen;
  }

  /**
   * Gives the request its key. A promise only when the keys must be read first.
   * @throws Unauthorized, DatabaseUnavailable
   */
  authenticate(request: KeyedRequest): ApiKey | Promise<ApiKey> {
    if (request.apiKey) return request.apiKey;
    const { authorization } = request.headers;
    if (authorization === undefined) throw new Unauthorized(false);
    const found = this.ring.find(authorization);
    return found instanceof Promise
      ? found.then((key) => this.#note(request, key))
      : this.#note(request, found);
  }

  /** The same, with undefined for a request without a valid key. @throws DatabaseUnavailable */
  async tryAuthenticate(request: KeyedRequest): Promise<ApiKey | undefined> {
    try {
      return await this.authenticate(request);
    } catch (error) {
      if (error instanceof Unauthorized) return undefined;
      throw error;
    }
  }

  #note(request: KeyedRequest, key: ApiKey | undefined): ApiKey {
    if (!key) throw new Unauthorized(true);
    request.apiKey = key;
    this.lastUsed.note(key.id);
    return key;
  }
}
