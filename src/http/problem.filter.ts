import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Problem, ProblemError, UNKNOWN_OUTCOME } from './problem.js';

type ErrorClass = abstract new (...args: never[]) => Error;

/** A domain error and the answer it becomes. */
export interface ProblemRule {
  error: ErrorClass;
  status: number;
  headers?: Record<string, string>;
}

/** Turns every error into an RFC 9457 answer, by a table. An unknown error is a 500 without details, and is logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  constructor(
    private readonly rules: ProblemRule[],
    private readonly allowedMethods: (path: string) => string[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    request.body = undefined; // it may be large, and the answer may wait for others on the connection
    const { status, message, extra } = this.#problem(error, request);
    if (status === 500) this.#logger.error(error);
    else this.#logger.debug(`${status} ${message}`);
    response.status(status).set({ ...extra.headers, 'content-type': 'application/problem+json' });
    const body: Problem = {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: message,
      instance: request.path,
      ...(extra.errors && { errors: extra.errors }),
    };
    response.end(JSON.stringify(body));
  }

  #problem(error: unknown, request: Request): ProblemError {
    if (error instanceof ProblemError) return error;
    const rule = this.rules.find((candidate) => error instanceof candidate.error);
    if (rule) return new ProblemError(rule.status, (error as Error).message, { headers: rule.headers ?? {} });
    if (error instanceof HttpException) return this.#ofNest(error, request);
    return new ProblemError(500, UNKNOWN_OUTCOME);
  }

  /** Nest throws for itself only when no route matches. */
  #ofNest(error: HttpException, request: Request): ProblemError {
    const allowed = error.getStatus() === 404 ? this.allowedMethods(request.path) : [];
    if (allowed.length > 0)
      return new ProblemError(405, `${request.method} is not allowed here.`, {
        headers: { allow: allowed.join(', ') },
      });
    if (error.getStatus() === 404) return new ProblemError(404, 'There is nothing here.');
    return new ProblemError(error.getStatus(), error.message);
  }
}
