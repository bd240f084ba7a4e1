import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { DatabaseUnavailable } from '../../database/database.js';
import type { LogPosition } from '../../orders/store/log/log.position.js';
import { OrderLog, type LogEntry } from '../../orders/store/log/order.log.js';

/** How often, and with what pause, the end of the log is looked for when it is not known at once. */
const MOST_TRIES = 200;
const PAUSE_MS = 25;

/** The log of orders in pages. Endpoints that are at the same position, as most are, share one read. */
@Injectable()
export class LogPages {
  #key = '';
  #page: Promise<LogEntry[]> = Promise.resolve([]);

  constructor(
    private readonly log: OrderLog,
    private readonly clock: Clock,
  ) {}

  /** As `OrderLog.read`. @throws DatabaseUnavailable */
  read(after: LogPosition, upTo: LogPosition, limit: number): Promise<LogEntry[]> {
    const key = JSON.stringify([after, upTo, limit]);
    if (key === this.#key) return this.#page;
    const page = this.log.read(after, upTo, limit);
    this.#key = key;
    this.#page = page;
    page.catch(() => (this.#key = '')); // the next one tries again
    return page;
  }

  /** The end of the log at this moment or, where other transactions are under way, shortly before. @throws DatabaseUnavailable */
  async end(): Promise<LogPosition> {
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      const end = await this.log.end();
      if (end) return end;
      await this.clock.wait(PAUSE_MS);
    }
    throw new DatabaseUnavailable(new Error('a transaction does not end'));
  }
}
