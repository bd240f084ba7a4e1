import fc from 'fast-check';
import { AttemptFailure, PermanentFailure } from '../../src/processing/order.handler.js';
import {
  describe as describeError,
  detailOf,
  judge,
  poisonBackOffMs,
} from '../../src/processing/retry.policy.js';

const CONFIG = { MAX_ATTEMPTS: 5, RETRY_BACKOFF_MS: 1000, RETRY_BACKOFF_MAX_MS: 60_000 };
const JUST_UNDER_ONE = 1 - Number.EPSILON / 2;

const policy = fc.record({
  MAX_ATTEMPTS: fc.integer({ min: 1, max: 1000 }),
  RETRY_BACKOFF_MS: fc.integer({ min: 0, max: 86_400_000 }),
  RETRY_BACKOFF_MAX_MS: fc.integer({ min: 0, max: 86_400_000 }),
});

describe('the retry policy', () => {
  it.each([
    [1, 0],
    [3, 0],
    [4, 1000],
    [5, 2000],
    [9, 32_000],
    [10, 60_000],
    [10_000, 60_000],
  ])('holds an order back that was interrupted %i times for %i ms', (interruptions, ms) => {
    expect(poisonBackOffMs(interruptions)).toBe(ms);
  });

  it('waits a random time up to base · 2^(failures − 1), never more than the maximum', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 1000 }), random, (config, failures, share) => {
        const verdict = judge(new Error('no'), failures, config, share);
        if (failures >= config.MAX_ATTEMPTS) return expect(verdict).toEqual({ retry: false });
        const most = Math.min(config.RETRY_BACKOFF_MAX_MS, config.RETRY_BACKOFF_MS * 2 ** (failures - 1));
        expect(verdict).toEqual({ retry: true, afterMs: expect.any(Number) });
        const { afterMs } = verdict as { afterMs: number };
        expect(Number.isSafeInteger(afterMs)).toBe(true);
        expect(afterMs).toBeGreaterThanOrEqual(0);
        expect(afterMs).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('uses the whole range: full jitter', () => {
    const waits = (share: number) =>
      [1, 2, 3, 4].map((failures) => judge(new Error('no'), failures, CONFIG, share));
    const after = (...times: number[]) => times.map((afterMs) => ({ retry: true, afterMs }));
    expect(waits(0)).toEqual(after(0, 0, 0, 0));
    expect(waits(0.5)).toEqual(after(500, 1000, 2000, 4000));
    expect(waits(JUST_UNDER_ONE)).toEqual(after(1000, 2000, 4000, 8000));
  });

  it('draws its own random time', () => {
    const drawn = Array.from({ length: 50 }, () => JSON.stringify(judge(new Error('no'), 4, CONFIG)));
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });

  it('gives up at MAX_ATTEMPTS failures, not before', () => {
    const retried = [1, 2, 3, 4, 5, 6].map((failures) => judge(new Error('no'), failures, CONFIG).retry);
    expect(retried).toEqual([true, true, true, true, false, false]);
  });

  it('waits as long as the failure asks for, where that is longer, but no longer than a day', () => {
    const asking = (retryAfterMs: number) =>
      judge(new AttemptFailure('busy', 'busy', { retryAfterMs }), 1, CONFIG, 0.5);
    expect(asking(0)).toEqual({ retry: true, afterMs: 500 });
    expect(asking(3000)).toEqual({ retry: true, afterMs: 3000 });
    expect(asking(Infinity)).toEqual({ retry: true, afterMs: 86_400_000 });
  });

  it('gives up at once on a permanent failure', () => {
    expect(judge(new PermanentFailure('sold_out', 'sold out'), 1, CONFIG)).toEqual({ retry: false });
    expect(judge(new AttemptFailure('busy', 'busy'), 1, CONFIG).retry).toBe(true);
  });
});

describe('what is kept of an error', () => {
  it('is the code and message of a failure that the handler named', () => {
    expect(describeError(new PermanentFailure('sold_out', 'none left'), 3)).toEqual({
      code: 'sold_out',
      message: 'none left',
      attempt: 3,
    });
  });

  it.each([
    [new Error('broken'), 'broken'],
    [new TypeError(''), ''],
    ['a string', 'a string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, '42'],
    [Symbol('odd'), 'Symbol(odd)'],
    [{ some: 'object' }, "{ some: 'object' }"],
    [Object.create(null), '[Object: null prototype] {}'],
    [Object.assign(new Error('x'), { message: 42 }), '42'],
    ['two\nlines\u0000', 'two lines '],
    ['half a \ud800', 'half a \ufffd'],
  ])('is told to the log in its own words, whatever was thrown: %p', (thrown, message) => {
    expect(detailOf(thrown)).toBe(message);
  });

  it('is text even of a value that refuses to become text', () => {
    const nameless: unknown = Object.create(null);
    expect(detailOf(nameless)).toMatch(/./);
  });

  it('is not longer than 500 characters', () => {
    expect(detailOf(new Error('x'.repeat(10_000)))).toHaveLength(500);
    expect(describeError(new AttemptFailure('long', 'x'.repeat(10_000)), 1).message).toHaveLength(500);
  });

  it('is shown to clients without its own words, which may hold addresses', () => {
    for (const thrown of [new Error('connect ECONNREFUSED 10.0.0.5:80'), 'text', undefined])
      expect(describeError(thrown, 3)).toEqual({
        code: 'handler_error',
        message: 'the work on the order failed',
        attempt: 3,
      });
  });

  it('is shown to clients as it is when it was made for them', () => {
    const failure = new AttemptFailure('out_of_stock', 'two\nlines');
    expect(describeError(failure, 1)).toEqual({ code: 'out_of_stock', message: 'two lines', attempt: 1 });
    expect(detailOf(failure)).toBeUndefined();
  });
});
