import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const storage = new AsyncLocalStorage<string>();

/** A caller's request id is used when it has 1 to 128 characters that cannot break a header or a log line. */
const SANE_ID = /^[\w.:~+/=-]{1,128}$/;

// Unique by a random prefix of the process and a count: a random id would cost each request 1 µs.
const prefix = randomBytes(9).toString('base64url');
let count = 0;

/** Gives a request its id: the caller's `X-Request-Id`, or a new one. It is returned, and stands in every log line. */
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
