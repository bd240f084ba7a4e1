import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const storage = new AsyncLocalStorage<string>();

/** A caller's request id is taken when it is 1 to 128 characters that cannot break a header or a log line. */
const SANE_ID = /^[\w.:~+/=-]{1,128}$/;

// Unique by the process's random prefix and a count: a fresh random id for every request would be 1 µs of each.
const prefix = randomBytes(9).toString('base64url');
let count = 0;

/** Names the request: `X-Request-Id` from the caller, or one made here; returned, and in every log line. */
export function requestContext(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && SANE_ID.test(given) ? given : `${prefix}-${(++count).toString(36)}`;
  response.setHeader('x-request-id', id);
  storage.run(id, next);
}

/** The id of the request that is being answered; undefined outside of one. */
export function requestId(): string | undefined {
  return storage.getStore();
}
