import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { runIn, type TracedRequest } from '../common/tracing.js';

/** What is known of a request while it is answered. */
export interface RequestContext {
  /** Returned to the caller; in every log line. */
  readonly id: string;
  /** The order that it is about, once that is known. */
  orderId: string | undefined;
  /** Where requests are traced. */
  trace: TracedRequest | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** A caller's request id is used when it has 1 to 128 characters that cannot break a header or a log line. */
const SANE_ID = /^[\w.:~+/=-]{1,128}$/;

// Unique by a random prefix of the process and a count: a random id would cost each request 1 µs.
const prefix = randomBytes(9).toString('base64url');
let count = 0;

/** Gives a request its id, which is returned to the caller: its own `X-Request-Id`, or a new one. */
export function contextOf(request: Request, response: Response): RequestContext {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && SANE_ID.test(given) ? given : `${prefix}-${(++count).toString(36)}`;
  response.setHeader('x-request-id', id);
  return { id, orderId: undefined, trace: undefined };
}

/** Runs what answers the request; `currentRequest` is its context there, and in what it waits for. */
export function answerIn(context: RequestContext, answer: () => void): void {
  const { trace } = context;
  storage.run(context, trace ? () => runIn(trace, answer) : answer);
}

/** Undefined outside of a request. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Says which order the request is about. */
export function noteOrder(orderId: string): void {
  const request = currentRequest();
  if (request) request.orderId = orderId;
}
