import { Logger } from '@nestjs/common';
import { createRedisBackend, Queue, Worker, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import { Clock } from '../common/clock.js';
import type { QueueEntry } from './queue.driver.js';

/** An entry that was claimed in Redis. Its lock has to be renewed until it is removed. */
export type ClaimedJob = Job<QueueEntry>;

/** Longest pause between two attempts to connect to Redis. */
const RECONNECT_MS = 1000;

/** A Redis that does not answer for so long counts as unavailable. */
const TIMEOUT_MS = 5000;

/** At a stop, how long the last writes may take before the connection is closed. */
const CLOSE_MS = 500;

/**
 * BullMQ has priorities up to 2^21, so 1024 neighbouring positions share one; entries of one priority are claimed in the
 * order in which they were added. Enough for 2^31 positions; those beyond it share the last priority.
 */
const POSITIONS_PER_PRIORITY = 1024;
const LAST_PRIORITY = 2 ** 21 - 1;

/** BullMQ's queue in Redis, over one connection that reconnects by itself. Without Redis every call fails at once. */
export class BullmqQueue {
  readonly #logger = new Logger('Queue');
  readonly #client: Redis;
  readonly #queue: Queue<QueueEntry>;
  readonly #worker: Worker<QueueEntry>;
  #isUnavailable = false;
  #tokens = 0;

  /**
   * @param lockMs how long the lock on a claimed job lasts unless renewed
   * @param onReady called after each connect
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
      if (this.#isUnavailable) this.#logger.log('Redis is available again');
      this.#isUnavailable = false;
      onReady();
    });
    const options = { connection: this.#client, prefix: 'ordermill', skipVersionCheck: true };
    // No processor: jobs are claimed by hand. With this backend the worker uses our connection and opens no other.
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

  /** How many entries are waiting. */
  async length(): Promise<number> {
    this.#check();
    return this.#queue.getJobCountByTypes('wait', 'prioritized');
  }

  /** Adds entries; those whose job exists, waiting or claimed, are ignored. */
  async add(entries: QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    this.#check();
    await this.#queue.addBulk(
      entries.map(({ id, position }) => ({
        name: 'order',
        data: { id, position },
        opts: {
          jobId: `order-${id}`, // BullMQ does not accept a number
          priority: Math.min(1 + Math.floor(position / POSITIONS_PER_PRIORITY), LAST_PRIORITY),
          removeOnComplete: true,
          removeOnFail: true,
        },
      })),
    );
  }

  /** Claims at most `count` jobs. What was claimed before an error is returned with it. */
  async claim(count: number): Promise<{ jobs: ClaimedJob[]; error?: unknown }> {
    this.#check();
    const claims = Array.from({ length: count }, () =>
      this.#worker.getNextJob(`${this.#worker.id}-${++this.#tokens}`, { block: false }),
    );
    const outcomes = await Promise.allSettled(claims);
    const jobs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? (outcome.value ?? []) : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    return failed ? { jobs, error: failed.reason } : { jobs };
  }

  /** Removes claimed jobs. One whose lock was lost stays until it is claimed again. */
  async remove(jobs: ClaimedJob[]): Promise<void> {
    if (jobs.length === 0) return;
    this.#check();
    await Promise.allSettled(jobs.map((job) => job.moveToCompleted(undefined, job.token ?? '', false)));
  }

  /** Renews the locks of claimed jobs, and releases jobs of any process whose locks have expired. */
  async renew(jobs: ClaimedJob[]): Promise<void> {
    if (!this.isReady) return;
    const [ids, tokens] = [jobs.map(({ id }) => id ?? ''), jobs.map(({ token }) => token ?? '')];
    if (jobs.length > 0) await this.#worker.extendJobLocks(ids, tokens, this.lockMs);
    await this.#worker.getBackend().moveStalledJobsToWait();
  }

  /** Waits for `last`, but not for long, and closes the connection. */
  async close(last: Promise<unknown>): Promise<void> {
    const timeout = Promise.withResolvers<void>();
    const callOff = this.clock.timer(this.isReady ? CLOSE_MS : 0, timeout.resolve);
    await Promise.race([last.catch(() => undefined), timeout.promise]);
    callOff();
    this.#client.disconnect();
  }

  #check(): void {
    if (!this.isReady) throw new Error('Redis is unavailable');
  }

  #noteError(error: Error): void {
    if (this.#isUnavailable) return;
    this.#isUnavailable = true;
    const reason = error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
    this.#logger.error(`Redis is unavailable, orders wait in the table: ${reason}`);
  }
}
