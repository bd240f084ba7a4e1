import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { CONFIG, type Config } from '../../config.js';
import type { ListCursor, OrderFilter, Page } from '../store/orders.pages.js';
import { OrdersReader } from '../store/orders.reader.js';
import type { ExportResponse } from './export.response.js';

/** Exports at once in one process: they take turns to read, so more of them would only be slower. */
const MOST_EXPORTS = 4;

/** Orders that are read at once: so long nothing else is done on SQLite. */
const PAGE = 200;

/** As many exports are under way as may be. */
export class TooManyExports extends Error {
  constructor() {
    super(`${MOST_EXPORTS} exports are under way already, and no more are allowed; please try again later.`);
  }
}

/**
 * Sends all orders that match a filter, newest first, as the list has them. Page by page, each a read of its own: no
 * transaction is open in between, and no more than a page is in memory, however slowly a client reads.
 */
@Injectable()
export class OrderExports implements BeforeApplicationShutdown {
  readonly #logger = new Logger(OrderExports.name);
  readonly #open = new Set<ExportResponse>();
  #turn: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(
    private readonly reader: OrdersReader,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'REQUEST_TIMEOUT_MS'>,
  ) {}

  /** Resolves when it has ended, in whatever way. @throws TooManyExports, DatabaseUnavailable before it has begun */
  async send(response: ExportResponse, filter: OrderFilter): Promise<void> {
    if (this.#isStopping || this.#open.size >= MOST_EXPORTS) throw new TooManyExports();
    this.#open.add(response);
    try {
      await this.#send(response, filter);
    } catch (error) {
      if (!response.hasBegun) throw error;
      this.#logger.warn(error);
      response.cut();
    } finally {
      this.#open.delete(response);
    }
  }

  beforeApplicationShutdown(): void {
    this.#isStopping = true;
    for (const response of this.#open) response.cut();
  }

  async #send(response: ExportResponse, filter: OrderFilter): Promise<void> {
    for (let cursor: ListCursor | undefined; ;) {
      const { orders, next }: Page = await this.#page(filter, cursor);
      if (!response.isOpen) return;
      if (!response.hasBegun) response.begin();
      response.write(orders);
      if (!next) return response.end();
      await response.drained(this.clock, this.config.REQUEST_TIMEOUT_MS);
      if (!response.isOpen) return;
      cursor = next;
    }
  }

  /** One page after the other, of all exports; the event loop is free in between. */
  #page(filter: OrderFilter, cursor: ListCursor | undefined): Promise<Page> {
    const page = this.#turn.then(() => this.reader.list(filter, cursor, PAGE));
    this.#turn = page.then(
      () => this.clock.turn(),
      () => undefined,
    );
    return page;
  }
}
