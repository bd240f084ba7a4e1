import type { Clock } from '../../common/clock.js';
import { isoInstant } from '../../common/iso.instant.js';
import type { Random } from '../../common/random.js';
import type { Config } from '../../config.js';
import type { DeliveryResult } from '../store/delivery.step.js';
import type { DueDelivery } from '../store/held.webhooks.js';
import type { Webhook } from '../webhook.js';
import { resultOf } from './back.off.js';
import type { WebhookSender } from './webhook.sender.js';

/** What the attempts of all endpoints share. */
export interface AttemptTools {
  sender: WebhookSender;
  clock: Clock;
  random: Random;
  config: Config;
}

const GONE = 410;

/**
 * The attempts of one endpoint that are under way, at most WEBHOOK_CONCURRENCY, and the results that are not written yet.
 * A message is held until its result is written, so that it is not sent again before.
 */
export class EndpointAttempts {
  readonly #held = new Set<number>();
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #results: DeliveryResult[] = [];
  /** Whether the receiver said that it will never take messages again. */
  #isGone = false;

  constructor(
    private readonly tools: AttemptTools,
    private readonly onResult: () => void,
  ) {}

  get room(): number {
    return this.tools.config.WEBHOOK_CONCURRENCY - this.#running.size;
  }

  /** How many messages are held. */
  get size(): number {
    return this.#held.size;
  }

  holds(id: number): boolean {
    return this.#held.has(id);
  }

  start(webhook: Webhook, delivery: DueDelivery): void {
    this.#held.add(delivery.id);
    const attempt = this.#attempt(webhook, delivery)
      .catch(() => void this.#held.delete(delivery.id)) // it was cut off: it is made again, here or elsewhere
      .finally(() => {
        this.#running.delete(attempt);
        this.onResult();
      });
    this.#running.add(attempt);
  }

  /** The results so far. They are to be `written`, or given back. */
  takeResults(): DeliveryResult[] {
    return this.#results.splice(0);
  }

  giveBack(results: DeliveryResult[]): void {
    this.#results = [...results, ...this.#results];
  }

  written(results: DeliveryResult[]): void {
    for (const { id } of results) this.#held.delete(id);
  }

  /** @param failingSince since when every attempt has failed; null: one has not */
  reasonToDisable(failingSince: number | null): string | undefined {
    const { clock, config } = this.tools;
    if (this.#isGone) return 'the receiver answered 410 Gone';
    if (failingSince === null || clock.now() - failingSince < config.WEBHOOK_DISABLE_AFTER_MS)
      return undefined;
    return `every attempt has failed since ${isoInstant(failingSince)}`;
  }

  /** Resolves when no attempt is under way; those that take longer are cut off. */
  async stop(graceMs: number): Promise<void> {
    const cancel = this.tools.clock.timer(graceMs, () => this.#abort.abort());
    while (this.#running.size > 0) await Promise.all(this.#running);
    cancel();
  }

  async #attempt(webhook: Webhook, delivery: DueDelivery): Promise<void> {
    const { sender, clock, random, config } = this.tools;
    const attemptedAt = clock.now();
    const beganMs = clock.monotonicMs();
    const attempt = await sender.send(webhook, delivery, this.#abort.signal);
    if (attempt.status === GONE) this.#isGone = true;
    const durationMs = Math.round(clock.monotonicMs() - beganMs);
    const times = { attemptedAt, durationMs };
    this.#results.push(resultOf(delivery, attempt, times, config, random.share()));
  }
}
