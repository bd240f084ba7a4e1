import { getHeapStatistics } from 'node:v8';
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
import { OrderRepeats } from './order.repeats.js';
import { OrdersWriter } from './orders.writer.js';
import {
  byKind,
  inTurn,
  sizeOfWrite,
  type Due,
  type Renewal,
  type Write,
  type Written,
} from './orders.writes.js';
import { ordersSql, type OrdersSql } from './sql/orders.sql.js';
import type { TableState } from './table.state.js';

/** Characters of orders in one flush: what is made of them on the way to the database is a few times as much. */
const MOST_FLUSHED = 2 * 1024 * 1024;

/** A character of an item id is at most so many bytes of a statement: it is JSON inside of JSON there. */
const BYTES_A_CHARACTER = 4;

/** What waits to be written, in characters, as a part of the heap. Requests keep their bodies besides, until they are answered. */
const WAITING_PART_OF_HEAP = 1 / 8;

/** Of the counters: few enough to sum up at every question, enough that few transactions at once meet in one. */
const SLOTS = 32;

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
  readonly #repeats: OrderRepeats;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly events: EventEmitter2,
    private readonly state: TableState,
  ) {
    this.#sql = ordersSql(database.dialect);
    this.#repeats = new OrderRepeats(database, this.#sql);
    const lane = (maxFlushes: number, gathers: boolean) =>
      new Batcher<Write, Written>((writes) => this.#commit(writes), {
        maxBatch: 500,
        maxWaiting: 20_000,
        maxFlushes,
        gathers,
        isShared: (error) => error instanceof DatabaseUnavailable,
        size: {
          of: sizeOfWrite,
          maxBatch: Math.min(MOST_FLUSHED, database.maxStatementBytes / BYTES_A_CHARACTER),
          maxWaiting: getHeapStatistics().heap_size_limit * WAITING_PART_OF_HEAP,
        },
        clock,
      });
    // where one statement does it all, and `write` keeps the order, the next one is on its way while the first is made
    this.#inserts = lane(this.#sql.acceptOrders ? 2 : 1, !database.isShared);
    this.#moves = database.isShared ? lane(1, true) : this.#inserts;
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

  /** In the lane of the moves, as `renew`. */
  async endDelay(due: Due): Promise<void> {
    await this.#moves.add({ due });
  }

  async #commit(writes: Write[]): Promise<Outcome<Written>[]> {
    const { isShared } = this.database;
    const { inserts, moves, renewals, due } = byKind(writes);
    await this.state.expectKnown();
    const at = Math.max(this.clock.now(), this.state.lastCreatedAt); // acceptance times never run backwards
    const requeues = moves.filter(({ requeue }) => requeue).length;
    const count = requeues + (this.#sql.acceptOrders ? 0 : inserts.length);
    const numbers = isShared
      ? await drawNumbers(this.database, count)
      : numbersAfter(this.state.lastSeq, count);
    const slot = isShared ? Math.floor(Math.random() * SLOTS) : 0;
    const { made, seqs, moved } = await this.#transaction(writes, async (query) => {
      const writer = new OrdersWriter(query, this.#sql, numbers, slot);
      const seqs = await writer.insert(inserts, at);
      const moved = await writer.move(moves);
      for (const renewal of renewals) await writer.renew(renewal);
      for (const one of due) await writer.endDelay(one);
      await writer.finish(isShared ? 0 : count);
      return { made: writer.moves, seqs, moved };
    });
    this.state.lastSeq += count;
    this.state.lastCreatedAt = at;
    this.state.note(
      made.filter(({ to }) => to === 'Pending').length,
      made.filter(({ from }) => from === 'Pending').length,
    );
    if (made.length > 0) this.#announce({ moves: made }); // before anything is waited for: in the order of the commits
    return inTurn(writes, await this.#receipts(inserts, seqs), moved);
  }

  async #receipts(orders: NewOrder[], seqs: (number | null)[]): Promise<Outcome<Receipt>[]> {
    const repeats = orders.filter((_, index) => !seqs[index]);
    const answers = repeats.length > 0 ? (await this.#repeats.answer(repeats)).values() : undefined;
    return orders.map(({ orderId }, index) => {
      const seq = seqs[index];
      if (seq) return { value: { seq, orderId, status: 'Pending', replayed: false } };
      return answers?.next().value ?? { error: new Error('a repeat without an answer') };
    });
  }

  async #transaction<Result>(writes: Write[], work: (query: Query) => Promise<Result>): Promise<Result> {
    const isOneStatement = this.#sql.acceptOrders !== undefined && writes.every((write) => 'insert' in write);
    try {
      return await (isOneStatement ? work(this.database.write) : this.database.transaction(work));
    } catch (error) {
      this.state.forget();
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
