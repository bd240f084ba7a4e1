import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Database } from '../database/database.js';
import { ORDERS_DELETED, ORDERS_TRANSITIONED, ORDERS_UNCERTAIN } from '../domain/order.events.js';
import { toCounts, type OrderCounts } from './order.counters.js';

/** The counters as of the last commit: read from the table once after each, however often they are asked for. */
@Injectable()
export class CountersReader {
  #counts: Promise<OrderCounts> | undefined;

  constructor(private readonly database: Database) {}

  /** @throws DatabaseUnavailable */
  counts(): Promise<OrderCounts> {
    if (this.#counts) return this.#counts;
    const counts = this.#read();
    this.#counts = counts;
    if (this.database.isShared) void counts.finally(() => this.forget()).catch(() => undefined); // others commit too
    return counts;
  }

  @OnEvent(ORDERS_TRANSITIONED)
  @OnEvent(ORDERS_DELETED)
  @OnEvent(ORDERS_UNCERTAIN)
  forget(): void {
    this.#counts = undefined;
  }

  async #read(): Promise<OrderCounts> {
    try {
      return toCounts(
        await this.database.read('SELECT name, SUM(value) AS value FROM order_counters GROUP BY name'),
      );
    } catch (error) {
      this.#counts = undefined; // an error is not to be remembered
      throw error;
    }
  }
}
