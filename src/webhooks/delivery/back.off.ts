import type { Config } from '../../config.js';
import type { DueDelivery } from '../store/held.webhooks.js';
import type { DeliveryResult } from '../store/delivery.step.js';
import type { Attempt } from './webhook.sender.js';

type BackOffConfig = Pick<Config, 'WEBHOOK_BACKOFF_MS' | 'WEBHOOK_BACKOFF_MAX_MS' | 'WEBHOOK_RETRY_FOR_MS'>;

/** From one back-off to the next: 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, … */
const FACTOR = 4;

/**
 * What follows from an attempt. After a failure, exponential back-off with full jitter, or what the receiver asks for if
 * that is longer, within the same bound. The back-offs of a message are at most WEBHOOK_RETRY_FOR_MS together, by whatever
 * clock: after them comes one last attempt.
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function resultOf(
  { id, orderSeq, attempts: before, waitedMs }: DueDelivery,
  { status, error, retryAfterMs }: Attempt,
  { attemptedAt, durationMs }: { attemptedAt: number; durationMs: number },
  config: BackOffConfig,
  random: number,
): DeliveryResult {
  const attempts = before + 1;
  const made = { id, orderSeq, attempts, attemptedAt, durationMs, responseStatus: status };
  if (error === undefined) return { ...made, state: 'delivered', error: null, waitedMs, nextAttemptAt: null };
  const leftMs = config.WEBHOOK_RETRY_FOR_MS - waitedMs;
  if (leftMs <= 0) return { ...made, state: 'failed', error, waitedMs, nextAttemptAt: null };
  const most = Math.min(config.WEBHOOK_BACKOFF_MAX_MS, config.WEBHOOK_BACKOFF_MS * FACTOR ** (attempts - 1));
  const asked = Math.min(config.WEBHOOK_BACKOFF_MAX_MS, retryAfterMs);
  const waitMs = Math.min(leftMs, Math.max(asked, Math.round(random * most), 1));
  const nextAttemptAt = attemptedAt + durationMs + waitMs;
  return { ...made, state: 'pending', error, waitedMs: waitedMs + waitMs, nextAttemptAt };
}
