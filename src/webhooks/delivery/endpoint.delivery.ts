import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../../database/database.js';
import type { Config } from '../../config.js';
import type { LogPosition } from '../../orders/store/log/log.position.js';
import type { DeliveryResult } from '../store/delivery.step.js';
import type { DeliverySteps } from '../store/delivery.steps.js';
import type { Webhook } from '../webhook.js';
import { EndpointAttempts, type AttemptTools } from './endpoint.attempts.js';
import { EndpointIntake, type Intake, type IntakeTools } from './endpoint.intake.js';
import { WakeUp } from './wake.up.js';

/** How often is looked for what another process made due, and how long after an error. */
const POLL_MS = 1000;

/** Pages of the log without a message for the endpoint, after which its position is stored all the same. */
const MOST_UNSTORED = 50;

/** Tries to write the last results when the endpoint is stopped. */
const LAST_TRIES = 3;

/** What the one who holds the endpoints tells of them, and is told. */
export interface Surroundings {
  /** The end of the log, as far as it is known. */
  end: () => LogPosition | undefined;
  /** The endpoint was disabled, or another process delivers for it now. */
  onOver: () => void;
}

export interface DeliveryTools extends AttemptTools, IntakeTools, Surroundings {
  steps: DeliverySteps;
  config: Config;
}

/**
 * Delivers for one endpoint that this process holds: takes messages from the log, sends what is due, writes what became of
 * it. An endpoint that is slow or down occupies only its own attempts and its own rows.
 */
export class EndpointDelivery {
  readonly #logger = new Logger(EndpointDelivery.name);
  readonly #intake: EndpointIntake;
  readonly #attempts: EndpointAttempts;
  readonly #wakeUp: WakeUp;
  readonly #ended: Promise<void>;
  #webhook: Webhook;
  #position: LogPosition;
  #unstored = 0;
  #isStopping = false;
  #isOver = false;

  constructor(
    webhook: Webhook,
    private readonly tools: DeliveryTools,
  ) {
    this.#webhook = webhook;
    this.#position = webhook.position;
    this.#wakeUp = new WakeUp(tools.clock);
    this.#intake = new EndpointIntake(tools);
    this.#attempts = new EndpointAttempts(tools, () => this.wake());
    this.#ended = this.#run();
  }

  /** Whether it does nothing any more: the endpoint was disabled, or is another process's. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on it is `webhook`; messages may be due that were not. */
  change(webhook: Webhook): void {
    this.#webhook = webhook;
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    this.#wakeUp.wake();
  }

  /** Attempts under way get `graceMs`; what they did not come to is done again by whoever delivers next. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.wake();
    await this.#ended;
    await this.#attempts.stop(graceMs);
    for (let tries = 1; tries <= LAST_TRIES; tries++) {
      const results = this.#attempts.takeResults();
      if (results.length === 0) return;
      await this.#write(undefined, results).catch((error: unknown) => this.#logger.warn(error)); // they are given back
    }
  }

  async #run(): Promise<void> {
    for (;;) {
      const waitMs = await this.#tryToWork();
      if (this.#isStopping || this.#isOver) return;
      await this.#wakeUp.rest(waitMs);
    }
  }

  /** @returns how long to wait when there is no news */
  async #tryToWork(): Promise<number> {
    try {
      if (!this.tools.held.isHeld) return POLL_MS;
      await this.#takeIn();
      return await this.#sendDue();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) this.#logger.error(error);
      await this.tools.clock.wait(POLL_MS);
      return 0;
    }
  }

  async #takeIn(): Promise<void> {
    const taken = await this.#intake.next(this.#webhook, this.#position, this.tools.end());
    const results = this.#attempts.takeResults();
    if (taken) this.wake(); // there may be more
    if (results.length === 0 && taken?.deliveries.length === 0 && ++this.#unstored < MOST_UNSTORED)
      this.#position = taken.to;
    else if (results.length > 0 || taken) await this.#write(taken, results);
  }

  /** @throws DatabaseUnavailable: the same may be written again */
  async #write(taken: Intake | undefined, results: DeliveryResult[]): Promise<void> {
    let reason: string | undefined;
    const from = this.#position;
    const step = {
      webhookId: this.#webhook.id,
      owner: this.tools.held.owner,
      results,
      deliveries: taken?.deliveries ?? [],
      from,
      to: taken?.to ?? from,
      disable: (failingSince: number | null) => (reason = this.#attempts.reasonToDisable(failingSince)),
    };
    try {
      const position = await this.tools.steps.write(step);
      this.#attempts.written(results);
      this.#unstored = 0;
      this.#position = position ?? from;
      this.#isOver = position === undefined || reason !== undefined;
    } catch (error) {
      this.#attempts.giveBack(results);
      throw error;
    }
    if (reason !== undefined) this.#logger.warn(`webhook ${this.#webhook.id} is disabled: ${reason}`);
    if (this.#isOver && !this.#isStopping) this.tools.onOver();
  }

  /** @returns in what time the next message is due, at most `POLL_MS` */
  async #sendDue(): Promise<number> {
    const { held, clock, config } = this.tools;
    const { room, size } = this.#attempts;
    if (room <= 0 || this.#isOver) return POLL_MS;
    let waitMs = POLL_MS;
    for (const delivery of await held.due(this.#webhook.id, room + size)) {
      if (this.#attempts.holds(delivery.id) || this.#attempts.room <= 0 || this.#isStopping) continue;
      const inMs = delivery.nextAttemptAt - clock.now();
      const isDue = inMs <= 0 || inMs > config.WEBHOOK_BACKOFF_MAX_MS; // no back-off is so long: the clock was set back
      if (isDue && held.isHeld) this.#attempts.start(this.#webhook, delivery);
      else waitMs = Math.min(waitMs, Math.max(inMs, 1));
    }
    return waitMs;
  }
}
