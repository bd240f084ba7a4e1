import { isUtf8 } from 'node:buffer';
import { getHeapStatistics } from 'node:v8';
import express, { type NextFunction, type Request, type RequestHandler } from 'express';
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

/** Bodies up to this size are not counted: a few slow clients that announce large ones must not keep out the others. */
const SMALL_BYTES = 65_536;

/** A large order lives as bytes, text, values and statement at once; this part of the heap leaves room for all of them. */
const PART_OF_HEAP = 1 / 32;

/**
 * Bounds the large bodies that are in memory at once, from the first byte to the answer, over all requests: many of
 * them at a time cannot use it up. Room for one of `limit` bytes there is always; who comes too many is asked to come again.
 */
export function bodyBudget(limit: number): RequestHandler {
  const budget = Math.max(limit, getHeapStatistics().heap_size_limit * PART_OF_HEAP);
  let used = 0;
  return (request, response, next) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    const size = request.headers['transfer-encoding'] ? limit : announced; // chunked: nobody knows
    if (size <= SMALL_BYTES || size > limit) return next(); // too small to matter, or refused unread
    if (used + size > budget)
      return next(
        new ProblemError(503, 'Too many large requests at once; please try again.', {
          headers: { 'retry-after': '1' },
        }),
      );
    used += size;
    response.once('close', () => (used -= size));
    next();
  };
}

/** Parses JSON bodies of at most `limit` bytes. Whatever else has a body is refused: no route sees it. */
export function jsonBody(limit: number): RequestHandler {
  const parse = express.json({
    limit,
    verify: (_request, _response, body) => {
      if (!isUtf8(body)) throw new Error('not UTF-8');
    },
  });
  return (request, response, next) => {
    if (isPlain(request, limit)) return readPlain(request, next);
    if (request.headers['content-length'] !== '0' && request.is('application/json') === false)
      return next(new ProblemError(415, 'The body must be application/json.'));
    parse(request, response, (error?: ParserError) => next(error && explain(error)));
  };
}

/** Whether this is what nearly every client sends: JSON as it is, with its length. */
function isPlain({ headers }: Request, limit: number): boolean {
  const length = Number(headers['content-length']);
  const isIdentity = headers['content-encoding'] === undefined;
  return headers['content-type'] === 'application/json' && isIdentity && length > 0 && length <= limit;
}

/** What Express's parser would do, without its preparations for every other kind of body: a fifth of a request's cost. */
function readPlain(request: Request, next: NextFunction): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const [only, more] = parts;
    const bytes = only && !more ? only : Buffer.concat(parts);
    if (!isUtf8(bytes)) return next(explain({ type: 'entity.verify.failed' }));
    try {
      request.body = JSON.parse(bytes.toString());
    } catch {
      return next(explain({ type: 'entity.parse.failed' }));
    }
    next();
  });
}

interface ParserError {
  type?: string;
  status?: number;
}

function explain(error: ParserError): unknown {
  const [status, detail] = MISTAKES[error.type ?? ''] ?? [];
  if (status && detail) return new ProblemError(status, detail);
  // zlib's own errors, for a body that is not what Content-Encoding says, have a status but no type
  return error.status === 400 ? new ProblemError(400, 'The body cannot be read.') : error;
}
