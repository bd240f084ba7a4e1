import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Request, RequestHandler } from 'express';
import { BodyShare, type BodyBudget } from './body.budget.js';
import { readBody, tooLarge, tooMany } from './body.reader.js';
import { ProblemError } from '../problem.js';

const JSON_TYPE = /^\s*application\/json\s*(;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/** What the objects of a request and its answer take in the budget, beside body and headers. */
const REQUEST_BYTES = 1024;

type Inflate = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

/** Synchronous: a stream would hold memory for as long as its client likes, and this takes less time than to parse. */
const INFLATE: ReadonlyMap<string, Inflate | undefined> = new Map([
  ['identity', undefined],
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/**
 * Parses JSON bodies of at most `limit` bytes, each counted in the budget, which express.json() cannot; refuses other
 * bodies. With `isWanted` false it must be valid JSON too, but is dropped: its values may take twenty times its bytes.
 * Besides, express.json() took 15 and 5 % more CPU time for an accepted order (8 and 10 rounds in turn, operations of
 * `npm run bench -- cpu`), and as much as this for a batch of 1,000.
 */
export function jsonBody(limit: number, budget: BodyBudget, isWanted = true): RequestHandler {
  return (request, response, next) => {
    if (!hasBody(request)) return next();
    const problem = checkHeaders(request, limit);
    if (problem) return next(problem);
    const share = new BodyShare(budget, sizeOfHead(request));
    response.on('close', () => share.close());
    const onBytes = (bytes: Buffer) => {
      let value: unknown;
      try {
        value = parse(inflated(request, bytes, share, limit));
      } catch (error) {
        return next(error);
      }
      if (isWanted) request.body = value;
      next();
    };
    readBody(request, share, limit, onBytes, next);
  };
}

function hasBody({ headers }: Request): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && (length !== '0' || headers['content-type'] === 'application/json');
}

function checkHeaders({ headers }: Request, limit: number): ProblemError | undefined {
  const type = headers['content-type'] ?? '';
  const encoding = headers['content-encoding'];
  if (type !== 'application/json') {
    if (!JSON_TYPE.test(type)) return new ProblemError(415, 'The body must be application/json.');
    const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
    if (charset.toLowerCase() !== 'utf-8') return new ProblemError(415, 'The body must be UTF-8.');
  }
  if (encoding !== undefined && !INFLATE.has(encoding.toLowerCase()))
    return new ProblemError(415, 'This content encoding is not supported.');
  return Number(headers['content-length'] ?? 0) > limit ? tooLarge() : undefined;
}

function sizeOfHead({ rawHeaders }: Request): number {
  let size = REQUEST_BYTES;
  for (const text of rawHeaders) size += text.length;
  return size;
}

/** @throws ProblemError when it is not what Content-Encoding says, or too much */
function inflated({ headers }: Request, bytes: Buffer, share: BodyShare, limit: number): Buffer {
  const inflate = INFLATE.get(headers['content-encoding']?.toLowerCase() ?? 'identity');
  if (!inflate) return bytes;
  const room = share.room - bytes.length; // both are in memory until it is decompressed
  try {
    const plain = inflate(bytes, { maxOutputLength: Math.max(1, Math.min(limit, room)) });
    share.resize(plain.length);
    return plain;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      throw new ProblemError(400, 'The body cannot be read.');
    throw room < limit ? tooMany() : tooLarge();
  }
}

/** @throws ProblemError */
function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new ProblemError(400, 'The body is not valid UTF-8.');
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new ProblemError(400, 'The body is not valid JSON.');
  }
}
