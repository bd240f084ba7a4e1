import type { Config } from '../config.js';
import type { OrderError } from '../orders/order.js';
import { AttemptFailure, PermanentFailure } from './order.handler.js';

/** What to do after a failed attempt: try again no sooner than `afterMs` from now, or give up. */
export type Verdict = { retry: true; afterMs: number } | { retry: false };

type RetryConfig = Pick<Config, 'MAX_ATTEMPTS' | 'RETRY_BACKOFF_MS' | 'RETRY_BACKOFF_MAX_MS'>;

/**
 * Exponential back-off with full jitter: a random time up to base · 2^(failures − 1), bounded.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param failures failed attempts so far, this one included
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function judge(
  error: unknown,
  failures: number,
  config: RetryConfig,
  random = Math.random(),
): Verdict {
  if (error instanceof PermanentFailure || failures >= config.MAX_ATTEMPTS) return { retry: false };
  const most = Math.min(config.RETRY_BACKOFF_MAX_MS, config.RETRY_BACKOFF_MS * 2 ** (failures - 1));
  return { retry: true, afterMs: Math.round(random * most) };
}

const MESSAGE_LENGTH = 500;

/** What is kept of an error with the order, whatever was thrown. */
export function describe(error: unknown, attempt: number): OrderError {
  const code = error instanceof AttemptFailure ? error.code : 'handler_error';
  const message = error instanceof Error ? error.message : String(error);
  return { code, message: message.slice(0, MESSAGE_LENGTH), attempt };
}
