import { inspect } from 'node:util';
import type { Config } from '../config.js';
import type { OrderError } from '../orders/order.js';
import { AttemptFailure, PermanentFailure } from './order.handler.js';

/** What to do after a failed attempt: try again no sooner than `afterMs` from now, or give up. */
export type Verdict = { retry: true; afterMs: number } | { retry: false };

type RetryConfig = Pick<Config, 'MAX_ATTEMPTS' | 'RETRY_BACKOFF_MS' | 'RETRY_BACKOFF_MAX_MS'>;

/** Nobody else's `Retry-After` holds an order back for longer. */
const LONGEST_WISH_MS = 86_400_000;

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
  const wished = error instanceof AttemptFailure ? Math.min(error.retryAfterMs, LONGEST_WISH_MS) : 0;
  return { retry: true, afterMs: Math.max(wished, backOffMs(failures, config, random)) };
}

/** Interruptions that an order may have seen by bad luck; after more, it may be what brings the process down. */
const INNOCENT_INTERRUPTIONS = 3;
const LONGEST_SUSPICION_MS = 60_000;

/**
 * An interrupted attempt is no failure and uses up none. But an order that is interrupted again and again waits, twice
 * as long each time, so that one that kills its process does not keep the others from being processed.
 */
export function suspicionMs(interruptions: number): number {
  if (interruptions <= INNOCENT_INTERRUPTIONS) return 0;
  return Math.min(LONGEST_SUSPICION_MS, 1000 * 2 ** (interruptions - INNOCENT_INTERRUPTIONS - 1));
}

const MESSAGE_LENGTH = 500;

/** What clients see of an error that did not name itself: its own words may hold addresses, or what others said. */
const UNNAMED = { code: 'handler_error', message: 'the work on the order failed' };

/** What is kept of an error with the order, whatever was thrown: printable text of bounded length. */
export function describe(error: unknown, attempt: number): OrderError {
  if (!(error instanceof AttemptFailure)) return { ...UNNAMED, attempt };
  return { code: error.code, message: inOneLine(textOf(error)), attempt };
}

/** What only the log is told of an error; undefined when clients see all of it. */
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
