import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CONFIG, type Config } from '../config.js';
import { BacklogFeed } from './backlog.feed.js';
import { OrderProcessor } from './order.processor.js';
import { OrderRecovery } from './order.recovery.js';
import { RetrySchedule } from './retry.schedule.js';

const TICK_MS = 1000;

/**
 * Starts, stops and repairs processing. Normally the feed, or the timer of a back-off, wakes the processor. Once a second
 * the tick recovers abandoned orders, and enqueues orders whose event this process did not get.
 */
@Injectable()
export class ProcessingSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(ProcessingSchedule.name);
  #ticking: Promise<void> | undefined;
  #isUnavailable = false;

  constructor(
    private readonly feed: BacklogFeed,
    private readonly recovery: OrderRecovery,
    private readonly retries: RetrySchedule,
    private readonly processor: OrderProcessor,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.#processes) return;
    this.feed.open();
    await this.recovery.recover();
    await this.retries.resume();
    this.processor.wake();
  }

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    if (!this.#processes) return;
    this.#ticking ??= this.#repair().finally(() => (this.#ticking = undefined));
    await this.#ticking;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.retries.stop();
    await this.#ticking;
    await this.processor.stop();
    this.feed.close();
  }

  get #processes(): boolean {
    return this.config.ROLE !== 'api';
  }

  async #repair(): Promise<void> {
    try {
      for (const order of await this.recovery.recover()) this.retries.delayed(order);
      await this.retries.enqueueDue();
      this.feed.repair();
      if (this.#isUnavailable) this.#logger.log('the database is available again');
      this.#isUnavailable = false;
    } catch (error) {
      if (!this.#isUnavailable) this.#logger.error(error);
      this.#isUnavailable = true;
    }
  }
}
