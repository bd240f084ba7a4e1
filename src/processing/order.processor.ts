import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { QueueService } from '../queue/queue.service.js';
import { AttemptRunner, type Attempt } from './attempt.runner.js';
import { RetrySchedule } from './retry.schedule.js';

/** Pause after the database or the queue was unavailable. */
const BACK_OFF_MS = 250;

/**
 * The loop: claims the next orders while there are free slots, and runs their attempts. It never overlaps itself, claims
 * no more than it has free slots, goes on at once after a full batch, backs off on errors, and on stop finishes what runs.
 */
@Injectable()
export class OrderProcessor {
  readonly #logger = new Logger(OrderProcessor.name);
  /** Attempts whose work goes on: each occupies a slot. */
  #working = 0;
  /** Attempts whose end is not written yet. */
  readonly #running = new Set<Promise<void>>();
  #isLooping = false;
  #loop: Promise<void> = Promise.resolve();
  #again = false;
  /** Whether the last claim got fewer orders than there were free slots. */
  #cameShort = false;
  #claimed = 0;
  #stopping = false;
  #endBackOff: (() => void) | undefined;
  #isUnavailable = false;

  constructor(
    private readonly queue: QueueService,
    private readonly runner: AttemptRunner,
    private readonly retries: RetrySchedule,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether there are free slots for which the queue had no orders. */
  get isShort(): boolean {
    return !this.#isLooping && this.#cameShort && this.#freeSlots() > 0;
  }

  /** How many entries this process has claimed so far. */
  get claimed(): number {
    return this.#claimed;
  }

  get isIdle(): boolean {
    return !this.#isLooping && this.#running.size === 0;
  }

  /** Call it whenever there may be something to start. It is cheap, and may be called at any time. */
  wake(): void {
    this.#again = true;
    if (this.#stopping || this.#isLooping || this.#endBackOff) return;
    this.#isLooping = true;
    this.#loop = this.#claimAll();
  }

  /** Claims no more, and waits `SHUTDOWN_TIMEOUT_MS` for the running attempts; then it aborts those that are left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#endBackOff?.();
    await this.#loop;
    const cancelTimer = this.clock.timer(this.config.SHUTDOWN_TIMEOUT_MS, () => this.runner.abort());
    await Promise.all(this.#running);
    cancelTimer();
  }

  /** No `await` stands between the last check of `#again` and the end: a later `wake` starts a new loop, so none is lost. */
  async #claimAll(): Promise<void> {
    try {
      while (this.#again && !this.#stopping) {
        await this.clock.turn(); // what ends or arrives in this turn shares the next claim
        this.#again = false;
        const free = this.#freeSlots();
        if (free === 0) continue;
        this.#cameShort = (await this.#startNext(free)) < free;
        if (!this.#cameShort) this.#again = true;
        if (this.#isUnavailable) this.#logger.log('orders can be started again');
        this.#isUnavailable = false;
      }
    } catch (error) {
      if (!this.#isUnavailable) this.#logger.warn(`no orders can be started for now: ${String(error)}`);
      this.#isUnavailable = true;
      this.#endBackOff = this.clock.timer(BACK_OFF_MS, () => {
        this.#endBackOff = undefined;
        this.wake();
      });
    }
    this.#isLooping = false;
  }

  /**
   * A slot is free as soon as the work has ended, before the end is stored: so one group commit can hold that end and the
   * next start. The ends that wait to be written are bounded too: never more than slots.
   */
  #freeSlots(): number {
    const slots = this.config.PROCESSOR_CONCURRENCY;
    return Math.min(slots - this.#working, 2 * slots - this.#running.size);
  }

  /** @returns how many entries were claimed */
  async #startNext(free: number): Promise<number> {
    const entries = await this.queue.claim(free);
    if (entries.length === 0) return 0;
    this.#claimed += entries.length;
    const attempts = await this.runner.start(entries);
    const refused = entries.filter((_, index) => attempts[index] instanceof Error);
    this.queue.release(refused);
    entries.forEach((entry, index) => {
      const attempt = attempts[index];
      if (attempt instanceof Error) return;
      if (attempt) this.#start(entry.id, attempt);
      else this.queue.ack(entry.id); // its order was cancelled meanwhile, started before, or delayed
    });
    const error = attempts.find((attempt) => attempt instanceof Error);
    if (error) throw error;
    return entries.length;
  }

  #start(id: number, attempt: Attempt): void {
    this.retries.started(id);
    this.#working++;
    const done = this.#run(id, attempt).then(() => {
      this.#running.delete(done);
      this.wake();
    });
    this.#running.add(done);
  }

  async #run(id: number, attempt: Attempt): Promise<void> {
    const end = await this.runner.work(attempt);
    this.#working--;
    this.wake();
    const delayed = await this.runner.finish(end);
    this.queue.ack(id);
    if (delayed) this.retries.delayed(delayed);
  }
}
