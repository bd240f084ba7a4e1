import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { tracer } from '../common/tracing.js';
import type { RequestContext } from '../http/request.context.js';
import type { Log } from './log.js';

/** Asked again and again by machines: a line of each would be noise. */
const PROBES = /^\/(health|metrics)(\/|$)/i;

/** Writes one line about each request, and ends its span, at the end of its answer. */
export class RequestLog {
  readonly #logger: Logger;
  readonly #usual: 'info' | 'debug';
  /** The pattern of a path that no route was found for: the request was refused before. */
  #patternOf: (path: string) => string | undefined = () => undefined;

  constructor({ logger, isPretty }: Pick<Log, 'logger' | 'isPretty'>) {
    this.#logger = logger;
    this.#usual = isPretty ? 'debug' : 'info';
  }

  /** @param patternOf the route of a path: `/orders/:id` */
  know(patternOf: (path: string) => string | undefined): void {
    this.#patternOf = patternOf;
  }

  begin(request: Request, response: Response, context: RequestContext): void {
    if (!isProbe(request)) context.trace = tracer()?.request(request.method, request.headers);
    if (!context.trace && !this.#logger.isLevelEnabled('warn')) return; // no level above it has lines of requests
    const beganMs = performance.now();
    response.on('close', () => this.#write(request, response, context, performance.now() - beganMs));
  }

  #write(request: Request, response: Response, { id, orderId, trace }: RequestContext, ms: number): void {
    const { method } = request;
    const { statusCode, headersSent, writableFinished } = response;
    const status = headersSent ? statusCode : undefined; // undefined: the client was gone before
    const route = routeOf(request) ?? this.#patternOf(request.path);
    trace?.end({ route, status, orderId });
    const level = this.#levelOf(request, statusCode);
    if (!this.#logger.isLevelEnabled(level)) return;
    const line = {
      request_id: id,
      method,
      route,
      status,
      duration_ms: Math.round(ms * 100) / 100,
      order_id: orderId,
      trace_id: trace?.traceId,
    };
    this.#logger[level](line, writableFinished ? 'request completed' : 'request aborted');
  }

  /** 503 is how a server that is asked too much answers: many more such lines would help nobody. */
  #levelOf(request: Request, status: number): 'warn' | 'info' | 'debug' {
    if (isProbe(request) || isOfOurPage(request)) return 'debug';
    return status >= 500 && status !== 503 ? 'warn' : this.#usual;
  }
}

function isProbe({ path }: Request): boolean {
  return PROBES.test(path);
}

/** Reads of the status page, which polls, and the page's own files. */
function isOfOurPage({ method, headers }: Request): boolean {
  return method === 'GET' && headers['sec-fetch-site'] === 'same-origin';
}

function routeOf({ route }: Request): string | undefined {
  return (route as { path?: string } | undefined)?.path; // Express types it as any
}
