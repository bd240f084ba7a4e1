import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Database, DatabaseUnavailable } from '../../database/database.js';
import { CountersReader } from '../counters.reader.js';
import { gauge, type MetricFamily } from './metric.family.js';
import { OldestOrders } from './oldest.orders.js';
import { ageFamilies, countFamilies } from './order.families.js';

/** A database that is slower than this counts as down: a scrape is to tell so before its own time is up, 10 s by default. */
const LATEST_MS = 3000;

/** What the database tells, and whether it does. Scrapes at once share a read; each costs the same however many orders there are. */
@Injectable()
export class DatabaseFamilies {
  #reading: Promise<MetricFamily[]> | undefined;

  constructor(
    private readonly database: Database,
    private readonly counters: CountersReader,
    private readonly oldest: OldestOrders,
    private readonly clock: Clock,
  ) {}

  /** Without those that could not be read. */
  families(): Promise<MetricFamily[]> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<MetricFamily[]> {
    const [isUp = false, counts, ages] = await Promise.all([
      this.#inTime(this.database.ping().then(() => true)),
      this.#inTime(this.counters.counts()),
      this.#inTime(this.oldest.ages()),
    ]);
    return [
      ...(counts ? countFamilies(counts) : []),
      ...(ages ? ageFamilies(ages) : []),
      gauge(
        'ordermill_process_database_up',
        'Whether this process can write to the database, by the way that orders take; if 0, new orders get 503.',
        Number(isUp),
      ),
    ];
  }

  /** What was asked for; undefined when the database is not available, or too slow. */
  async #inTime<Value>(asked: Promise<Value>): Promise<Value | undefined> {
    const late = Promise.withResolvers<undefined>();
    const cancel = this.clock.timer(LATEST_MS, () => late.resolve(undefined));
    try {
      return await Promise.race([asked, late.promise]);
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return undefined; // that is what is told
      throw error;
    } finally {
      cancel();
    }
  }
}
