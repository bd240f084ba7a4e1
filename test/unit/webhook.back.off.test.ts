import { resultOf } from '../../src/webhooks/delivery/back.off.js';

const CONFIG = {
  WEBHOOK_BACKOFF_MS: 5000,
  WEBHOOK_BACKOFF_MAX_MS: 21_600_000,
  WEBHOOK_RETRY_FOR_MS: 86_400_000,
};
const NEW = { id: 1, messageId: 'm', orderSeq: 1, payload: '{}', attempts: 0, waitedMs: 0, nextAttemptAt: 0 };
const TIMES = { attemptedAt: 1_000_000, durationMs: 10 };
const FAILED = { status: 503, error: 'the answer is 503', retryAfterMs: 0 };

/** The back-off after so many failures, with the longest random time. */
const longestMs = (failures: number, retryAfterMs = 0) => {
  const delivery = { ...NEW, attempts: failures - 1 };
  const { nextAttemptAt } = resultOf(delivery, { ...FAILED, retryAfterMs }, TIMES, CONFIG, 1);
  return (nextAttemptAt ?? 0) - 1_000_010;
};

describe('the back-off of a webhook', () => {
  it('is a random time up to 5 s, which quadruples up to 6 h', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => longestMs(failures) / 1000);
    expect(bounds).toEqual([5, 20, 80, 320, 1280, 5120, 20_480, 21_600, 21_600]);
    expect(resultOf(NEW, FAILED, TIMES, CONFIG, 0).nextAttemptAt).toBe(1_000_011);
    expect(resultOf(NEW, FAILED, TIMES, CONFIG, 0.5).nextAttemptAt).toBe(1_002_510);
  });

  it('is at least what Retry-After says, up to its own bound', () => {
    expect(longestMs(1, 60_000)).toBe(60_000);
    expect(longestMs(3, 60_000)).toBe(80_000);
    expect(longestMs(1, 10 ** 12)).toBe(21_600_000);
  });

  it('is a day in all; one more attempt, and the message is given up', () => {
    let delivery = NEW;
    let attempts = 0;
    for (;;) {
      const result = resultOf(delivery, FAILED, TIMES, CONFIG, 0.5);
      attempts++;
      if (result.state === 'failed') break;
      delivery = { ...delivery, attempts: result.attempts, waitedMs: result.waitedMs };
    }
    expect(delivery.waitedMs).toBe(86_400_000);
    expect(attempts).toBe(15);
  });

  it('is none after a success', () => {
    expect(resultOf({ ...NEW, attempts: 2 }, { status: 204, retryAfterMs: 0 }, TIMES, CONFIG, 0.5)).toEqual({
      id: 1,
      orderSeq: 1,
      state: 'delivered',
      attempts: 3,
      waitedMs: 0,
      nextAttemptAt: null,
      responseStatus: 204,
      error: null,
      ...TIMES,
    });
  });
});
