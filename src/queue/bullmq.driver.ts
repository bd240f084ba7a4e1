import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { BacklogCursor } from './backlog.cursor.js';
import { BullmqQueue, type ClaimedJob } from './bullmq.queue.js';
import { QueueDriver, type Backlog, type QueueEntry } from './queue.driver.js';

/** Most entries that are read from the backlog at once. */
const PAGE = 1000;

/** Where the backlog holds more, it is read on this often, even if the window has enough: some may precede those in it. */
const READ_MS = 1000;

/**
 * A window of the queue in Redis, shared by all processes. Whoever claims reads the next part of the backlog into it when
 * it runs empty. Entries get there only by such a read, in queue order: a process that only accepts orders cannot know
 * which orders precede its own. While Redis is unavailable nothing is claimed; after it the backlog is read from its start.
 */
@Injectable()
export class BullmqQueueDriver extends QueueDriver implements OnApplicationShutdown {
  readonly #queue: BullmqQueue;
  readonly #capacity: number;
  readonly #lockMs: number;
  readonly #clock: Clock;
  readonly #cursor: BacklogCursor;
  /** The claimed entries of this process, released ones included. */
  readonly #claimed = new Map<number, ClaimedJob>();
  /** Released entries: the next to be claimed. */
  readonly #front: QueueEntry[] = [];
  /** Acknowledged jobs, to be removed from Redis. */
  readonly #acked: ClaimedJob[] = [];
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
    const renew = () => this.#queue.renew([...this.#claimed.values()]).catch(() => undefined); // the next may succeed
    this.#stopRenewing = this.#clock.every(this.#lockMs / 3, () => {
      this.#cursor.goBack(0); // Redis may have lost entries, and a process that is never idle is never told to rewind
      void renew();
    });
  }

  /** They will be read from the backlog. */
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
    for (const { id } of this.#front.splice(0)) this.ack(id); // the backlog gives it its position again
    this.#cursor.goBack(0);
  }

  /** Gives up what is claimed, so that other processes need not wait until the locks expire. */
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
      await this.#claimFromWindow(claimed, limit);
      if (claimed.length === limit) return;
      if (this.#cursor.hasMore ? !(await this.#readOn()) : !this.#cursor.isSentBack) return;
    }
  }

  async #claimFromWindow(claimed: QueueEntry[], limit: number): Promise<void> {
    while (claimed.length < limit) {
      const { jobs, error } = await this.#queue.claim(
        Math.min(limit - claimed.length, await this.#queue.length()),
      );
      for (const job of jobs) {
        const { id, position } = job.data;
        const isOurs = this.#claimed.has(id); // its lock had expired
        this.#claimed.set(id, job);
        if (!isOurs) claimed.push({ id, position });
      }
      if (error) throw error;
      if (jobs.length === 0) return;
    }
  }

  async #flush(): Promise<void> {
    this.#willFlush = false;
    this.#cursor.applyGoBack();
    try {
      await this.#queue.remove(this.#acked.splice(0));
    } catch (error) {
      this.#cursor.goBack(0);
      throw error;
    }
  }

  /** Reads the next part of the backlog into the window. @returns whether the window had room */
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
    this.#alone(() => this.#flush()).catch(() => undefined); // a job that stays is claimed again, and refused
  }

  /** Runs one step at a time: a claim waits until the backlog was read. */
  #alone<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
