import type { Request } from 'express';
import type { BodyShare } from './body.budget.js';
import { ProblemError } from '../problem.js';

export const tooLarge = () => new ProblemError(413, 'The body is too large.');

export const tooMany = (headers: Record<string, string> = {}) =>
  new ProblemError(503, 'Too much is under way at once; please try again.', {
    headers: { 'retry-after': '1', ...headers },
  });

/** Reads a body of at most `limit` bytes, counted as they arrive. If the client goes away, neither callback runs. */
export function readBody(
  request: Request,
  share: BodyShare,
  limit: number,
  done: (body: Buffer) => void,
  refuse: (why: ProblemError) => void,
): void {
  const expected = Number(request.headers['content-length'] ?? limit);
  let body: Buffer | undefined;
  let length = 0;

  const onData = (part: Buffer) => {
    const sum = length + part.length;
    if (sum > limit) return stop(tooLarge());
    if (!share.resize(sum)) return stop(tooMany());
    if (!body) {
      body = part;
      if (sum < expected) {
        share.makeWay = () => stop(tooMany({ connection: 'close' }));
        share.waits();
      }
    } else {
      // one buffer that grows: in a list of parts a client could send very many small ones, at 100 bytes of memory each
      if (body.length < sum) body = grown(body, length, Math.min(expected, 2 * sum));
      part.copy(body, length);
    }
    length = sum;
  };
  const onEnd = () => {
    share.waitsNoMore();
    const all = body?.length === length ? body : (body?.subarray(0, length) ?? Buffer.alloc(0));
    body = undefined; // the request keeps this closure until it is answered
    done(all);
  };
  const stop = (why: ProblemError) => {
    request.off('data', onData).off('end', onEnd).resume();
    share.waitsNoMore();
    share.resize(0);
    body = undefined;
    refuse(why);
  };
  request.on('data', onData).on('end', onEnd);
}

function grown(body: Buffer, length: number, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(size); // not a slice of Node's pool, which it would keep in memory
  body.copy(larger, 0, 0, length);
  return larger;
}
