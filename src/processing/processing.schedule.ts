import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CONFIG, type Config } from '../config.js';
import { QueueService } from '../queue/queue.service.js';
import { OrderProcessor } from './order.processor.js';
import { OrderRecovery } from './order.recovery.js';
import { RetrySchedule } from './retry.schedule.js';

const TICK_MS = 1000;

/**
 * When processing starts, stops, and looks after itself. Orders are processed because an enqueue or a timer wakes the
 * processor; the tick is the safety net that repairs whatever such a wake-up missed.
 */
@Injectable()
export class ProcessingSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(ProcessingSchedule.name);
  #ticking: Promise<void> | undefined;
  #inTrouble = false;

  constructor(
    private readonly recovery: OrderRecovery,
    private readonly retries: RetrySchedule,
    private readonly processor: OrderProcessor,
    private readonly queue: QueueService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.recovery.openQueue(() => this.processor.wake());
    await this.recovery.recover();
    await this.retries.enqueueDue();
    this.processor.wake();
  }

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    this.#ticking ??= this.#lookAfter().finally(() => (this.#ticking = undefined));
    await this.#ticking;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.retries.stop();
    await this.#ticking;
    await this.processor.stop(this.config.SHUTDOWN_TIMEOUT_MS);
  }

  async #lookAfter(): Promise<void> {
    try {
      await this.recovery.recover();
      await this.retries.enqueueDue();
      if (this.processor.isIdle) this.queue.rewind();
      if (this.#inTrouble) this.#logger.log('the database is back');
      this.#inTrouble = false;
    } catch (error) {
      if (!this.#inTrouble) this.#logger.error(error);
      this.#inTrouble = true;
    }
  }
}
