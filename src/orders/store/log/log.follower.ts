import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Clock } from '../../../common/clock.js';
import { Database } from '../../../database/database.js';
import { ORDERS_TRANSITIONED } from '../../../domain/order.events.js';
import type { LogPosition } from './log.position.js';
import { OrderLog, type LogEntry } from './order.log.js';

/** Entries that are read at once. */
const PAGE = 500;

/** Commits within this time are read together. */
const GATHER_MS = 50;

/** How often commits of other processes are looked for, of which no event tells here. */
const POLL_MS = 250;

/** After a failed read. */
const PAUSE_MS = 1000;

/** Who is told of every entry after the position at which it began to follow. Neither may throw. */
export interface LogListener {
  /** At least one, in the order of the log. */
  onEntries(entries: LogEntry[]): void;
  /** Nothing more is in the log up to `end`. */
  onEnd(end: LogPosition): void;
}

/** Reads the log of orders as it grows, once for all who listen, and only while anybody does. */
@Injectable()
export class LogFollower {
  readonly #logger = new Logger(LogFollower.name);
  readonly #listeners = new Set<LogListener>();
  #position: LogPosition | undefined;
  #isRunning = false;
  #isNews = false;
  #wake: (() => void) | undefined;
  #advanced = Promise.withResolvers<void>();

  constructor(
    private readonly log: OrderLog,
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  add(listener: LogListener): void {
    this.#listeners.add(listener);
    if (!this.#isRunning) void this.#run();
  }

  remove(listener: LogListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#wake?.();
  }

  @OnEvent(ORDERS_TRANSITIONED)
  onOrdersTransitioned(): void {
    this.#isNews = true;
    this.#wake?.();
  }

  /** Up to where the listeners were told. Waits for the first look at the log. @throws DatabaseUnavailable when it failed */
  async position(): Promise<LogPosition> {
    while (!this.#position) await this.advanced();
    return this.#position;
  }

  /** Resolves when the position has changed. @throws DatabaseUnavailable when a look at the log failed */
  advanced(): Promise<void> {
    return this.#advanced.promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#listeners.size > 0) {
      this.#isNews = false;
      await this.#pause(await this.#tryToAdvance());
    }
    this.#position = undefined;
    this.#isRunning = false;
  }

  /** @returns how long to wait for news before the next look; 0 when there is no need to look without news */
  async #tryToAdvance(): Promise<number> {
    try {
      if (!(await this.#advance())) return GATHER_MS;
      return this.database.isShared ? POLL_MS : 0;
    } catch (error) {
      this.#logger.warn(error);
      this.#advanced.reject(error);
      this.#renewAdvanced();
      return PAUSE_MS;
    }
  }

  /** @returns whether it has reached an end of the log */
  async #advance(): Promise<boolean> {
    const end = await this.log.end();
    if (!end) return false;
    this.#position ??= end;
    for (;;) {
      const entries = await this.log.read(this.#position, end, PAGE);
      const last = entries.at(-1);
      if (!last) break;
      for (const listener of this.#listeners) listener.onEntries(entries);
      this.#moveTo(last.position);
      await this.clock.turn(); // the sockets take what they were sent
    }
    for (const listener of this.#listeners) listener.onEnd(end);
    this.#moveTo(end);
    return true;
  }

  #moveTo(position: LogPosition): void {
    this.#position = position;
    this.#advanced.resolve();
    this.#renewAdvanced();
  }

  #renewAdvanced(): void {
    this.#advanced = Promise.withResolvers();
    this.#advanced.promise.catch(() => undefined); // maybe nobody waits for it
  }

  /** Gathers for a moment; then waits for news, or `ms`. */
  async #pause(ms: number): Promise<void> {
    await this.clock.wait(GATHER_MS);
    if (this.#isNews || this.#listeners.size === 0 || (ms > 0 && ms <= GATHER_MS)) return;
    await new Promise<void>((resolve) => {
      const cancel = ms > 0 ? this.clock.timer(ms - GATHER_MS, resolve) : undefined;
      this.#wake = () => {
        cancel?.();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
