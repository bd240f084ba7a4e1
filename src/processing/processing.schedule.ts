import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { Database } from '../database/database.js';
import { QueueService } from '../queue/queue.service.js';
import { AttemptRunner } from './attempt.runner.js';
import { OrderProcessor } from './order.processor.js';
import { OrderRecovery } from './order.recovery.js';
import { RetrySchedule } from './retry.schedule.js';

const TICK_MS = 1000;

/**
 * On a server other processes accept orders too, and nobody wakes this one: it looks for them while its queue comes short,
 * and half as often after each time that it found none. So an order that another process accepts waits no longer than the
 * longest pause for an idle worker, and a worker that has had nothing to do for a second asks 2.5 times a second, not 20.
 */
const POLL_MS = 50;
const LONGEST_POLL_MS = 400;

/** A lease is renewed this many times while it lasts, so that a late renewal or two cost nothing. */
const RENEWALS = 3;

/**
 * When processing starts, stops, and looks after itself. Orders are processed because an enqueue or a timer wakes the
 * processor; the tick is the safety net that repairs whatever such a wake-up missed.
 */
@Injectable()
export class ProcessingSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(ProcessingSchedule.name);
  #ticking: Promise<void> | undefined;
  #inTrouble = false;
  #stopRenewing = () => {};
  #stopPolling = () => {};

  constructor(
    private readonly recovery: OrderRecovery,
    private readonly retries: RetrySchedule,
    private readonly processor: OrderProcessor,
    private readonly queue: QueueService,
    private readonly runner: AttemptRunner,
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.#processes) return;
    this.recovery.openQueue(() => this.processor.wake());
    await this.recovery.recover();
    await this.retries.resume();
    this.processor.wake();
    if (!this.database.isShared) return;
    this.#stopRenewing = this.clock.every(this.config.LEASE_MS / RENEWALS, () => this.#renewLeases());
    this.#pollIn(POLL_MS);
  }

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    if (!this.#processes) return;
    this.#ticking ??= this.#lookAfter().finally(() => (this.#ticking = undefined));
    await this.#ticking;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.retries.stop();
    await this.#ticking;
    await this.processor.stop(this.config.SHUTDOWN_TIMEOUT_MS);
    this.#stopRenewing();
    this.#stopPolling();
  }

  get #processes(): boolean {
    return this.config.ROLE !== 'api';
  }

  /** @param taken how many orders had been taken when the queue was last read anew */
  #pollIn(waitMs: number, taken = this.processor.taken): void {
    this.#stopPolling = this.clock.timer(waitMs, () => {
      const foundSome = this.processor.taken > taken;
      const { isShort } = this.processor;
      if (isShort) this.queue.rewind();
      this.#pollIn(isShort && !foundSome ? Math.min(2 * waitMs, LONGEST_POLL_MS) : POLL_MS);
    });
  }

  #renewLeases(): void {
    this.runner
      .renewLeases()
      .catch((error: unknown) => this.#logger.warn(`leases wait to be renewed: ${String(error)}`));
  }

  async #lookAfter(): Promise<void> {
    try {
      for (const order of await this.recovery.recover()) this.retries.delayed(order);
      await this.retries.enqueueDue();
      if (this.processor.isIdle || this.database.isShared) this.queue.rewind();
      if (this.#inTrouble) this.#logger.log('the database is back');
      this.#inTrouble = false;
    } catch (error) {
      if (!this.#inTrouble) this.#logger.error(error);
      this.#inTrouble = true;
    }
  }
}
