import { Logger } from '@nestjs/common';
import { createRedisBackend, Queue, Worker, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import { Clock } from '../common/clock.js';
import type { QueueEntry } from './queue.driver.js';

/** An entry that was taken from Redis. Its lock has to be renewed until it is removed. */
export type TakenJob = Job<QueueEntry>;

/** Longest wait between two attempts to reach Redis. */
const RECONNECT_MS = 1000;

/** A Redis that does not answer for so long counts as away. */
const TIMEOUT_MS = 5000;

/** Longest wait for what is still to be written when the connection is closed. */
const CLOSE_MS = 500;

/**
 * BullMQ knows priorities up to 2^21, so this many neighbouring positions share one; within it, first added is first
 * taken. Enough for 2^31 positions; those beyond it share the last one.
 */
const POSITIONS_PER_PRIORITY = 1024;
const LAST_PRIORITY = 2 ** 21 - 1;

/** BullMQ's list in Redis, over one connection that comes back by itself. Every call fails at once while Redis is away. */
export class BullmqQueue {
  readonly #logger = new Logger('Queue');
  readonly #client: Redis;
  readonly #queue: Queue<QueueEntry>;
  readonly #worker: Worker<QueueEntry>;
  #isAway = false;
  #tokens = 0;

  /**
   * @param lockMs how long a taken job stays taken when nobody renews it
   * @param onReady called whenever a connection was made
   */
  constructor(
    url: string,
    name: string,
    private readonly lockMs: number,
    onReady: () => void,
    private readonly clock = new Clock(),
  ) {
    this.#client = new Redis(url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
      disconnectTimeout: CLOSE_MS,
      retryStrategy: (times) => Math.min(times * 50, RECONNECT_MS),
    });
    const noteError = (error: Error) => this.#noteError(error);
    this.#client.on('error', noteError);
    this.#client.on('ready', () => {
      if (this.#isAway) this.#logger.log('Redis is back');
      this.#isAway = false;
      onReady();
    });
    const options = { connection: this.#client, prefix: 'ordermill', skipVersionCheck: true };
    // No processor: jobs are taken by hand. The backend by hand too, for a worker's second connection would only block.
    const lock = {
      lockDuration: lockMs,
      stalledInterval: lockMs / 3,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    };
    this.#queue = new Queue(name, { ...options, streams: { events: { maxLen: 0 } } });
    this.#worker = new Worker(name, null, { ...options, ...lock, autorun: false }, (...args) =>
      createRedisBackend(args[0], args[1]),
    );
    this.#queue.on('error', noteError);
    this.#worker.on('error', noteError);
  }

  get isReady(): boolean {
    return this.#client.status === 'ready';
  }

  /** How many entries wait. */
  async length(): Promise<number> {
    this.#check();
    return this.#queue.getJobCountByTypes('wait', 'prioritized');
  }

  /** Adds entries; those whose job is there, waiting or taken, are ignored. */
  async add(entries: QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    this.#check();
    await this.#queue.addBulk(
      entries.map(({ id, position }) => ({
        name: 'order',
        data: { id, position },
        opts: {
          jobId: `order-${id}`, // BullMQ takes no number
          priority: Math.min(1 + Math.floor(position / POSITIONS_PER_PRIORITY), LAST_PRIORITY),
          removeOnComplete: true,
          removeOnFail: true,
        },
      })),
    );
  }

  /** Takes at most `count` jobs. What could be taken before an error is returned with it. */
  async take(count: number): Promise<{ jobs: TakenJob[]; error?: unknown }> {
    this.#check();
    const taking = Array.from({ length: count }, () =>
      this.#worker.getNextJob(`${this.#worker.id}-${++this.#tokens}`, { block: false }),
    );
    const outcomes = await Promise.allSettled(taking);
    const jobs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? (outcome.value ?? []) : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    return failed ? { jobs, error: failed.reason } : { jobs };
  }

  /** Removes taken jobs. One whose lock was lost stays until it is taken again. */
  async remove(jobs: TakenJob[]): Promise<void> {
    if (jobs.length === 0) return;
    this.#check();
    await Promise.allSettled(jobs.map((job) => job.moveToCompleted(undefined, job.token ?? '', false)));
  }

  /** Keeps taken jobs, and gives up those that nobody keeps. */
  async renew(jobs: TakenJob[]): Promise<void> {
    if (!this.isReady) return;
    const [ids, tokens] = [jobs.map(({ id }) => id ?? ''), jobs.map(({ token }) => token ?? '')];
    if (jobs.length > 0) await this.#worker.extendJobLocks(ids, tokens, this.lockMs);
    await this.#worker.getBackend().moveStalledJobsToWait();
  }

  /** Closes the connection after `last`, if that is quick. */
  async close(last: Promise<unknown>): Promise<void> {
    const timeout = Promise.withResolvers<void>();
    const callOff = this.clock.timer(this.isReady ? CLOSE_MS : 0, timeout.resolve);
    await Promise.race([last.catch(() => undefined), timeout.promise]);
    callOff();
    this.#client.disconnect();
  }

  #check(): void {
    if (!this.isReady) throw new Error('Redis is away');
  }

  #noteError(error: Error): void {
    if (this.#isAway) return;
    this.#isAway = true;
    const reason = error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
    this.#logger.error(`Redis is away, orders wait in the table: ${reason}`);
  }
}
