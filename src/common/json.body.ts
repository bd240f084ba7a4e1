import { isUtf8 } from 'node:buffer';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { ProblemError } from './problem.js';

/** The client's mistakes that Express's body parser names by `type`, as answers. */
const MISTAKES: Record<string, [status: number, detail: string]> = {
  'entity.parse.failed': [400, 'The body is not valid JSON.'],
  'entity.verify.failed': [400, 'The body is not valid UTF-8.'],
  'entity.too.large': [413, 'The body is too large.'],
  'charset.unsupported': [415, 'The body must be UTF-8.'],
  'encoding.unsupported': [415, 'This content encoding is not supported.'],
  'request.size.invalid': [400, 'The body is not as long as Content-Length says.'],
  'request.aborted': [400, 'The body ended early.'],
};

/** Parses JSON bodies of at most `limit` bytes. Whatever else has a body is refused: no route sees it. */
export function jsonBody(limit: number): (RequestHandler | ErrorRequestHandler)[] {
  const refuseOthers: RequestHandler = (request, _response, next) =>
    request.headers['content-length'] !== '0' && request.is('application/json') === false
      ? next(new ProblemError(415, 'The body must be application/json.'))
      : next();
  const checkEncoding = (_request: unknown, _response: unknown, body: Buffer) => {
    if (!isUtf8(body)) throw new Error('not UTF-8');
  };
  return [refuseOthers, express.json({ limit, verify: checkEncoding }), explain];
}

/** Four parameters are what tells Express that this handles errors. */
const explain: ErrorRequestHandler = (
  error: { type?: string; status?: number },
  _request,
  _response,
  next,
) => {
  const [status, detail] = MISTAKES[error.type ?? ''] ?? [];
  if (status && detail) next(new ProblemError(status, detail));
  // zlib's own errors, for a body that is not what Content-Encoding says, have a status but no type
  else if (error.status === 400) next(new ProblemError(400, 'The body cannot be read.'));
  else next(error);
};
