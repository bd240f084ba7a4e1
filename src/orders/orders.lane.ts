import { Logger } from '@nestjs/common';
import type { EventEmitter2 } from '@nestjs/event-emitter';
import { Batcher, type Outcome } from '../common/batcher.js';
import type { Clock } from '../common/clock.js';
import { DatabaseUnavailable, type Database, type Query } from '../database/database.js';
import type { Receipt } from './order.js';
import { ORDERS_MOVED, ORDERS_UNCERTAIN, type OrdersMoved } from './order.events.js';
import type { Move, MovedOrder } from './order.move.js';
import { drawNumbers, numbersAfter } from './order.numbers.js';
import type { NewOrder } from './order.repeat.js';
import { OrdersWriter } from './orders.writer.js';
import { byKind, inTurn, type Renewal, type Write, type Written } from './orders.writes.js';
import { ordersSql, type OrdersSql } from './sql/orders.sql.js';

/** Of the counters: few enough to sum up at every question, enough that few transactions at once meet in one. */
const SLOTS = 32;

/** How old the number of Pending orders may be, where other processes change it too. */
const PENDING_AGE_MS = 1000;

/**
 * The way of every write into the table: whatever arrives together is one transaction and one sync of the disk. On a
 * server, which works on several transactions at once, new orders have a lane of their own and do not wait for moves.
 * Promises that a resolved write is durable, with its history and the counters, and announces it after.
 */
export class OrdersLane {
  readonly #logger = new Logger(OrdersLane.name);
  readonly #inserts: Batcher<Write, Written>;
  readonly #moves: Batcher<Write, Written>;
  readonly #sql: OrdersSql;
  /** Whether what is remembered of the table agrees with it; after a failed commit nobody knows. */
  #isLoaded = false;
  #loadedMs = -Infinity;
  #lastSeq = 0;
  #lastCreatedAt = 0;
  #pending = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly events: EventEmitter2,
  ) {
    this.#sql = ordersSql(database.dialect);
    const lane = (maxFlushes: number, gathers: boolean) =>
      new Batcher<Write, Written>((writes) => this.#commit(writes), {
        maxBatch: 500,
        maxWaiting: 20_000,
        maxFlushes,
        gathers,
        isShared: (error) => error instanceof DatabaseUnavailable,
      });
    // where one statement does it all, and `write` keeps the order, the next one is on its way while the first is made
    this.#inserts = lane(this.#sql.acceptOrders ? 2 : 1, !database.isShared);
    this.#moves = database.isShared ? lane(1, true) : this.#inserts;
  }

  /** Orders in the table that are Pending, as far as this process knows. */
  get pending(): number {
    return this.#pending;
  }

  insert(order: NewOrder): Promise<Receipt> {
    return this.#inserts.add({ insert: order }) as Promise<Receipt>; // an insert's outcome is a receipt
  }

  async insertAll(orders: NewOrder[]): Promise<Outcome<Receipt>[]> {
    const outcomes = await this.#inserts.addAll(orders.map((insert) => ({ insert })));
    return outcomes as Outcome<Receipt>[]; // as above
  }

  async move(moves: Move[]): Promise<Outcome<MovedOrder | undefined>[]> {
    const outcomes = await this.#moves.addAll(moves.map((move) => ({ move })));
    return outcomes as Outcome<MovedOrder | undefined>[]; // a move's outcome is the order
  }

  /** In the lane of the moves: it locks the same rows in another order, and beside them each would wait for the other. */
  async renew(renewal: Renewal): Promise<void> {
    await this.#moves.add({ renewal });
  }

  /** Reads what is to be remembered of the table. @throws DatabaseUnavailable */
  async load(): Promise<void> {
    const counters = new Map(
      (
        await this.database.read<{ name: string; value: number }>(
          `SELECT name, SUM(value) AS value FROM order_counters WHERE name IN ('last_seq', 'Pending') GROUP BY name`,
        )
      ).map(({ name, value }) => [name, Number(value)]),
    );
    const [newest] = await this.database.read<{ at: number }>(
      'SELECT created_at AS at FROM orders ORDER BY seq DESC LIMIT 1',
    );
    this.#lastSeq = counters.get('last_seq') ?? 0;
    this.#pending = counters.get('Pending') ?? 0;
    this.#lastCreatedAt = Number(newest?.at ?? 0);
    this.#isLoaded = true;
    this.#loadedMs = this.clock.monotonicMs();
  }

  /** Without holding up the lane. */
  #loadAside(): void {
    this.#loadedMs = this.clock.monotonicMs();
    this.load().catch(() => (this.#isLoaded = false));
  }

  async #commit(writes: Write[]): Promise<Outcome<Written>[]> {
    const { isShared } = this.database;
    const { inserts, moves, renewals } = byKind(writes);
    if (!this.#isLoaded) await this.load();
    if (isShared && this.clock.monotonicMs() - this.#loadedMs > PENDING_AGE_MS) this.#loadAside();
    const at = Math.max(this.clock.now(), this.#lastCreatedAt); // acceptance times never run backwards
    const requeues = moves.filter(({ requeue }) => requeue).length;
    const count = requeues + (this.#sql.acceptOrders ? 0 : inserts.length);
    const numbers = isShared ? await drawNumbers(this.database, count) : numbersAfter(this.#lastSeq, count);
    const slot = isShared ? Math.floor(Math.random() * SLOTS) : 0;
    const { made, receipts, moved } = await this.#transaction(writes, async (query) => {
      const writer = new OrdersWriter(query, this.#sql, numbers, slot);
      const receipts = await writer.insert(inserts, at);
      const moved = await writer.move(moves);
      for (const renewal of renewals) await writer.renew(renewal);
      await writer.finish(isShared ? 0 : count);
      return { made: writer.moves, receipts, moved };
    });
    this.#lastSeq += count;
    this.#lastCreatedAt = at;
    for (const { from, to } of made) this.#pending += Number(to === 'Pending') - Number(from === 'Pending');
    if (made.length > 0) this.#announce({ moves: made });
    return inTurn(writes, receipts, moved);
  }

  async #transaction<Result>(writes: Write[], work: (query: Query) => Promise<Result>): Promise<Result> {
    const isOneStatement = this.#sql.acceptOrders !== undefined && writes.every((write) => 'insert' in write);
    try {
      return await (isOneStatement ? work(this.database.write) : this.database.transaction(work));
    } catch (error) {
      this.#isLoaded = false;
      this.events.emit(ORDERS_UNCERTAIN);
      throw error;
    }
  }

  /** The commit stands whatever a listener does with the news. */
  #announce(news: OrdersMoved): void {
    try {
      this.events.emit(ORDERS_MOVED, news);
    } catch (error) {
      this.#logger.error(error);
    }
  }
}
