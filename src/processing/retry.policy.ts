import { inspect } from 'node:util';
import type { Config } from '../config.js';
import type { OrderError } from '../domain/order.js';
import { AttemptFailure, PermanentFailure } from './order.handler.js';

/** What to do after a failed attempt: try again no sooner than `afterMs` from now, or give up. */
export type Verdict = { retry: true; afterMs: number } | { retry: false };

type RetryConfig = Pick<Config, 'MAX_ATTEMPTS' | 'RETRY_BACKOFF_MS' | 'RETRY_BACKOFF_MAX_MS'>;

/** The longest `Retry-After` of a processor that is respected. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/**
 * Exponential back-off with full jitter: a random time up to base · 2^(step − 1), bounded, in milliseconds.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param step 1 for the first wait
 */
export function backOffMs(step: number, config: RetryConfig, random = Math.random()): number {
  return Math.round(
    random * Math.min(config.RETRY_BACKOFF_MAX_MS, config.RETRY_BACKOFF_MS * 2 ** (step - 1)),
  );
}

/**
 * Tries again after a back-off, or later if the failure asks for that itself; gives up when all attempts are used up.
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
  const retryAfterMs = error instanceof AttemptFailure ? Math.min(error.retryAfterMs, MAX_RETRY_AFTER_MS) : 0;
  return { retry: true, afterMs: Math.max(retryAfterMs, backOffMs(failures, config, random)) };
}

/** Interruptions without a back-off. After more, the order may be a poison order: one that kills its process. */
const FREE_INTERRUPTIONS = 3;
const MAX_POISON_BACKOFF_MS = 60_000;

/**
 * Poison-order back-off. An interrupted attempt is no failure and does not count for `MAX_ATTEMPTS`; but an order that is
 * interrupted again and again waits, twice as long each time, so that a poison order does not block all others.
 */
export function poisonBackOffMs(interruptions: number): number {
  if (interruptions <= FREE_INTERRUPTIONS) return 0;
  return Math.min(MAX_POISON_BACKOFF_MS, 1000 * 2 ** (interruptions - FREE_INTERRUPTIONS - 1));
}

const MESSAGE_LENGTH = 500;

/** What clients see of any error but an `AttemptFailure`: its message may hold addresses or secrets. */
const UNNAMED = { code: 'handler_error', message: 'the work on the order failed' };

/** The error that is stored with the order, whatever was thrown: printable text of bounded length. */
export function describe(error: unknown, attempt: number): OrderError {
  if (!(error instanceof AttemptFailure)) return { ...UNNAMED, attempt };
  return { code: error.code, message: inOneLine(textOf(error)), attempt };
}

/** The message of an error that only the log shows; undefined when clients see it too. */
export function detailOf(error: unknown): string | undefined {
  return error instanceof AttemptFailure ? undefined : inOneLine(textOf(error));
}

export function inOneLine(text: string): string {
  return text
    .slice(0, MESSAGE_LENGTH)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .toWellFormed();
}

function textOf(error: unknown): string {
  try {
    const thrown: unknown = error instanceof Error ? error.message : error;
    return typeof thrown === 'string' ? thrown : inspect(thrown);
  } catch {
    return 'an error that cannot be shown'; // its own getter or inspection throws
  }
}
