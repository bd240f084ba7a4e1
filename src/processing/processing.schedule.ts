import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CONFIG, type Config } from '../config.js';
import { Database } from '../database/database.js';
import { QueueService } from '../queue/queue.service.js';
import { AttemptRunner } from './attempt.runner.js';
import { OrderProcessor } from './order.processor.js';
import { OrderRecovery } from './order.recovery.js';
import { RetrySchedule } from './retry.schedule.js';

const TICK_MS = 1000;

/** On a server other processes accept orders too, and nobody wakes this one: it looks for them while its queue comes short. */
const POLL_MS = 50;

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
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly recovery: OrderRecovery,
    private readonly retries: RetrySchedule,
    private readonly processor: OrderProcessor,
    private readonly queue: QueueService,
    private readonly runner: AttemptRunner,
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.#processes) return;
    this.recovery.openQueue(() => this.processor.wake());
    await this.recovery.recover();
    await this.retries.enqueueDue();
    this.processor.wake();
    if (!this.database.isShared) return;
    this.#timers.push(
      setInterval(() => this.processor.isShort && this.queue.rewind(), POLL_MS),
      setInterval(() => this.#renewLeases(), this.config.LEASE_MS / RENEWALS),
    );
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
    for (const timer of this.#timers) clearInterval(timer);
  }

  get #processes(): boolean {
    return this.config.ROLE !== 'api';
  }

  #renewLeases(): void {
    this.runner
      .renewLeases()
      .catch((error: unknown) => this.#logger.warn(`leases wait to be renewed: ${String(error)}`));
  }

  async #lookAfter(): Promise<void> {
    try {
      await this.recovery.recover();
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
