import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { isoInstant } from '../../common/iso.instant.js';
import { DatabaseUnavailable } from '../../database/database.js';
import type { EventResponse } from '../../http/streams/event.response.js';
import { OpenStreams } from '../../http/streams/open.streams.js';
import { CountersReader } from '../counters.reader.js';
import { MetricsService } from '../metrics.service.js';
import { LastMinute } from './last.minute.js';

const EVERY_MS = 1000;

/** As many reports are kept for streams that begin: those of five minutes. */
const KEPT = 300;

/** What was sent at an instant, in milliseconds since 1970. */
interface Sent {
  at: number;
  event: Buffer;
}

/**
 * Sends the report of `GET /metrics`, with percentiles of the last minute, to every open stream once a second: made once, however many listen, and not at all
 * when nobody does. A stream begins with the reports that were sent in the last five minutes.
 */
@Injectable()
export class MetricsFeed implements BeforeApplicationShutdown {
  readonly #logger = new Logger(MetricsFeed.name);
  readonly #streams = new Set<EventResponse>();
  /** Those that have read what they were sent. */
  readonly #live = new Set<EventResponse>();
  readonly #kept: Sent[] = [];
  readonly #lastMinute = new LastMinute();
  readonly #startedAt: string;
  #isReporting = false;
  #stop: (() => void) | undefined;

  constructor(
    private readonly metrics: MetricsService,
    private readonly counters: CountersReader,
    private readonly clock: Clock,
    private readonly openStreams: OpenStreams,
  ) {
    this.#startedAt = isoInstant(clock.now());
  }

  /** Sends the stream the reports after an instant, and those to come until it is closed. @throws TooManyStreams */
  open(stream: EventResponse, after = 0): void {
    if (!this.openStreams.admit(stream)) return;
    stream.start(`event: ready\ndata: ${JSON.stringify({ started_at: this.#startedAt })}\n\n`);
    const from = Math.max(after, this.clock.now() - KEPT * EVERY_MS);
    for (const { at, event } of this.#kept) if (at > from) stream.write(event); // shared bytes: they cost no memory
    this.#streams.add(stream);
    stream.onClose(() => this.#remove(stream));
    void this.#follow(stream);
    if (this.#streams.size > 1) return;
    this.#stop = this.clock.every(EVERY_MS, () => void this.#report());
    void this.#report();
  }

  beforeApplicationShutdown(): void {
    for (const stream of this.#streams) this.#remove(stream);
  }

  #remove(stream: EventResponse): void {
    this.#live.delete(stream);
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.#stop?.();
  }

  /** One that reads slowly is sent nothing until it has read everything; it misses what is reported meanwhile. */
  async #follow(stream: EventResponse): Promise<void> {
    this.#live.delete(stream);
    await stream.drained(this.clock);
    if (this.#streams.has(stream)) this.#live.add(stream);
  }

  /** A report may take as long as the database does: while one is made, no other is. */
  async #report(): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    try {
      const report = await this.metrics.report();
      const at = this.clock.now();
      const last_minute = this.#lastMinute.look(this.clock.monotonicMs(), await this.counters.counts());
      const event = toEvent('metrics', Object.assign({ at: isoInstant(at) }, report, { last_minute }), at);
      this.#kept.push({ at, event });
      if (this.#kept.length > KEPT) this.#kept.shift();
      this.#send(event);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) this.#logger.error(error);
      const detail = 'The database is not available at the moment.';
      this.#send(toEvent('unavailable', { at: isoInstant(this.clock.now()), detail }));
    } finally {
      this.#isReporting = false;
    }
  }

  #send(event: Buffer): void {
    for (const stream of this.#live) {
      stream.write(event);
      if (stream.isFull) void this.#follow(stream);
    }
  }
}

function toEvent(name: string, data: object, id?: number): Buffer {
  return Buffer.from(
    `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`,
  );
}
