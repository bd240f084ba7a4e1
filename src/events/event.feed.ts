import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { OpenStreams } from '../http/streams/open.streams.js';
import { LogFollower, type LogListener } from '../orders/store/log/log.follower.js';
import { isAtOrAfter, isSamePosition, type LogPosition } from '../orders/store/log/log.position.js';
import { OrderLog, type LogEntry } from '../orders/store/log/order.log.js';
import { EventPage } from './event.page.js';
import type { EventStream } from './event.stream.js';

/** Entries that are read at once for streams that catch up. */
const PAGE = 500;

/** More often than the minute after which most proxies give up. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Sends every entry of the log of orders to every open stream. A stream that begins in the past, or whose client reads too
 * slowly, reads by itself until it has caught up.
 */
@Injectable()
export class EventFeed implements LogListener, BeforeApplicationShutdown {
  readonly #logger = new Logger(EventFeed.name);
  readonly #streams = new Set<EventStream>();
  /** Those that are at the follower's position. */
  readonly #live = new Set<EventStream>();
  #stopKeepAlive: (() => void) | undefined;
  #catchUp: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly log: OrderLog,
    private readonly follower: LogFollower,
    private readonly clock: Clock,
    private readonly openStreams: OpenStreams,
  ) {}

  /**
   * Sends the stream every transition after `position`, or from now on, until it is closed.
   * @throws TooManyStreams, DatabaseUnavailable before it has begun
   */
  async open(stream: EventStream, after: LogPosition | undefined): Promise<void> {
    if (!this.openStreams.admit(stream)) return;
    this.#add(stream); // before anything is awaited: it counts from here on, and its end is not missed
    const isKnown = after !== undefined && (await this.log.reaches(after));
    const now = await this.follower.position();
    if (!stream.isOpen) return;
    stream.begin(isKnown ? after : now);
    if (after && !isKnown) stream.tellGap();
    await this.#follow(stream);
  }

  /** @internal */
  onEntries(entries: LogEntry[]): void {
    const page = new EventPage(entries);
    for (const stream of this.#live) {
      stream.send(page);
      if (stream.isFull) {
        this.#live.delete(stream);
        void this.#follow(stream);
      }
    }
  }

  /** @internal */
  onEnd(end: LogPosition): void {
    for (const stream of this.#live) stream.skipTo(end);
  }

  beforeApplicationShutdown(): void {
    for (const stream of this.#streams) this.#remove(stream); // OpenStreams closes them, and clients may take their time
  }

  #add(stream: EventStream): void {
    this.#streams.add(stream);
    stream.onClose(() => this.#remove(stream));
    if (this.#streams.size > 1) return;
    this.follower.add(this);
    this.#stopKeepAlive = this.clock.every(KEEP_ALIVE_MS, () =>
      this.#live.forEach((live) => live.keepAlive()),
    );
  }

  #remove(stream: EventStream): void {
    this.#live.delete(stream);
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    this.follower.remove(this);
    this.#stopKeepAlive?.();
  }

  /** Until the stream is at the follower's position. */
  async #follow(stream: EventStream): Promise<void> {
    try {
      while (!(await this.#isLive(stream)));
    } catch (error) {
      this.#logger.warn(error);
      stream.close();
    }
  }

  /** Sends the next page to a stream that catches up. @returns whether there is nothing left to do for it here */
  async #isLive(stream: EventStream): Promise<boolean> {
    await stream.drained(this.clock);
    const target = await this.follower.position();
    if (!stream.isOpen) return true;
    if (isSamePosition(stream.position, target)) this.#live.add(stream);
    else if (isAtOrAfter(target, stream.position)) await this.#sendPage(stream, target);
    else await this.follower.advanced();
    return this.#live.has(stream);
  }

  /** One page after the other, of all streams that catch up: they take turns, and the event loop is free in between. */
  async #sendPage(stream: EventStream, target: LogPosition): Promise<void> {
    const read = this.#catchUp.then(() => this.log.read(stream.position, target, PAGE));
    this.#catchUp = read.catch(() => undefined);
    const entries = await read;
    if (await this.log.hasGapAfter(stream.position)) stream.tellGap(); // asked after the read: nothing was deleted unseen
    if (entries.length > 0) stream.send(new EventPage(entries));
    else stream.skipTo(target);
  }
}
