import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { BacklogCursor } from './backlog.cursor.js';
import { BullmqQueue, type TakenJob } from './bullmq.queue.js';
import { QueueDriver, type Backlog, type QueueEntry } from './queue.driver.js';

/** Entries that are read from the backlog at once. */
const PAGE = 1000;

/** A backlog with more to read is read on this often, even though enough waits: it may hold what comes before that. */
const READ_MS = 1000;

/**
 * A window of the queue in Redis, which all processes share; each one that claims reads the backlog on when the window
 * runs empty. Nothing gets there but by such a reading, in queue order: a process that only accepts cannot know what
 * stands before. While Redis is away nothing can be claimed; the backlog is read from its beginning when it is back.
 */
@Injectable()
export class BullmqQueueDriver extends QueueDriver implements OnApplicationShutdown {
  readonly #queue: BullmqQueue;
  readonly #capacity: number;
  readonly #lockMs: number;
  readonly #clock: Clock;
  readonly #cursor: BacklogCursor;
  /** What this process has claimed, released entries too. */
  readonly #claimed = new Map<number, TakenJob>();
  /** Released: the next to be claimed. */
  readonly #front: QueueEntry[] = [];
  /** To be removed from Redis. */
  readonly #acked: TakenJob[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #willFlush = false;
  #isClosed = false;
  #stopRenewing: () => void = () => undefined;

  constructor(url: string, { name = 'orders', capacity = 10_000, lockMs = 3000, clock = new Clock() } = {}) {
    super();
    this.#capacity = capacity;
    this.#lockMs = lockMs;
    this.#clock = clock;
    this.#cursor = new BacklogCursor(clock);
    this.#queue = new BullmqQueue(url, name, lockMs, () => this.#cursor.goBack(0), clock);
  }

  /** Whether Redis can be reached. */
  get isReady(): boolean {
    return this.#queue.isReady;
  }

  open(backlog: Backlog): void {
    this.#cursor.open(backlog);
    const renew = () => this.#queue.renew([...this.#claimed.values()]).catch(() => undefined); // the next one may
    this.#stopRenewing = this.#clock.every(this.#lockMs / 3, () => {
      this.#cursor.goBack(0); // a process that is never idle is never told to rewind, and Redis may have lost something
      void renew();
    });
  }

  /** They are read from the backlog. */
  enqueue(entries: QueueEntry[]): void {
    for (const { id, position } of entries) if (!this.#claimed.has(id)) this.#cursor.goBack(position - 1);
  }

  claim(limit: number): Promise<QueueEntry[]> {
    return this.#alone(async () => {
      const claimed = this.#front.splice(0, limit);
      try {
        await this.#claim(claimed, limit);
        return claimed;
      } catch (error) {
        this.#front.unshift(...claimed);
        throw error;
      }
    });
  }

  ack(id: number): void {
    const job = this.#claimed.get(id);
    if (!job) return;
    this.#claimed.delete(id);
    this.#acked.push(job);
    this.#flushSoon();
  }

  release(entries: QueueEntry[]): void {
    this.#front.unshift(...entries);
  }

  rewind(): void {
    for (const { id } of this.#front.splice(0)) this.ack(id); // it gets its position in the queue again when it is read
    this.#cursor.goBack(0);
  }

  /** What is claimed is given up, so that other processes need not wait for the locks to end. */
  async onApplicationShutdown(): Promise<void> {
    this.#stopRenewing();
    for (const id of this.#claimed.keys()) this.ack(id);
    this.#isClosed = true;
    await this.#queue.close(this.#alone(() => this.#flush()));
  }

  async #claim(claimed: QueueEntry[], limit: number): Promise<void> {
    for (;;) {
      await this.#flush();
      if (this.#cursor.hasMore && this.#cursor.idleMs > READ_MS) await this.#readOn();
      await this.#take(claimed, limit);
      if (claimed.length === limit) return;
      if (this.#cursor.hasMore ? !(await this.#readOn()) : !this.#cursor.isSentBack) return;
    }
  }

  async #take(claimed: QueueEntry[], limit: number): Promise<void> {
    while (claimed.length < limit) {
      const { jobs, error } = await this.#queue.take(
        Math.min(limit - claimed.length, await this.#queue.length()),
      );
      for (const job of jobs) {
        const { id, position } = job.data;
        const isOurs = this.#claimed.has(id); // its lock had run out
        this.#claimed.set(id, job);
        if (!isOurs) claimed.push({ id, position });
      }
      if (error) throw error;
      if (jobs.length === 0) return;
    }
  }

  async #flush(): Promise<void> {
    this.#willFlush = false;
    this.#cursor.settle();
    try {
      await this.#queue.remove(this.#acked.splice(0));
    } catch (error) {
      this.#cursor.goBack(0);
      throw error;
    }
  }

  /** @returns whether there was room in the window */
  async #readOn(): Promise<boolean> {
    const room = Math.min(PAGE, this.#capacity - (await this.#queue.length()));
    if (room <= 0) return false;
    await this.#cursor.read(room, (entries) =>
      this.#queue.add(entries.filter(({ id }) => !this.#claimed.has(id))),
    );
    return true;
  }

  #flushSoon(): void {
    if (this.#willFlush || this.#isClosed) return;
    this.#willFlush = true;
    this.#alone(() => this.#flush()).catch(() => undefined); // what stays there is claimed again, and refused
  }

  /** One step at a time: what comes while the backlog is read is looked at after it. */
  #alone<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
