import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Batcher, type Outcome } from '../common/batcher.js';
import { Clock } from '../common/clock.js';
import { Database, DatabaseUnavailable } from '../database/database.js';
import { READER } from '../database/reading.data.source.js';
import { OrderHistoryEntity } from './order-history.entity.js';
import { OrderEntity } from './order.entity.js';
import type { HistoryEntry, Order } from './order.js';
import { toCounts, type OrderCounts } from './order.counters.js';
import { ORDERS_MOVED, ORDERS_UNCERTAIN } from './order.events.js';
import { ORDER_COLUMNS, toOrder, type OrderRow } from './order.row.js';
import type { OrderStatus } from './order.status.js';
import { OrderPages, type ListPlace, type OrderFilter, type Page } from './orders.pages.js';
import { failedSql, type FailedFilter } from './sql/failed.sql.js';
import { ordersSql, type OrdersSql } from './sql/orders.sql.js';

/** An order's number and its position in the queue. */
export interface Place {
  seq: number;
  queueSeq: number;
}

/** An order in Processing: the running attempt, how many were interrupted before it, and the process that runs it. */
export interface ProcessingOrder extends Place {
  attempt: number;
  interruptions: number;
  owner: string;
  /** 1: nobody renewed the owner's lease in time, by the database's clock. */
  isExpired: number;
}

/** An order that waits: when its back-off ends, and when it began. */
export interface Delayed extends Place {
  notBefore: number;
  since: number;
}

/** What `orders_pending` holds: an order whose back-off has not ended is in nobody's way there. */
const STARTABLE = `status = 'Pending' AND not_before IS NULL`;

/** Orders that share a read, each of which may have half a megabyte of items. */
const MAX_SHARED = 32;

/** Moves of one order that its history tells. */
const MOVES_TOLD = 10_000;

/** Orders ahead are counted one by one up to here; beyond, the distance of positions counts. */
const COUNTED_AHEAD = 100;

/** Every question that is asked about orders. Reads committed rows only, and no question costs more as the table grows. */
@Injectable()
export class OrdersReader {
  #counts: Promise<OrderCounts> | undefined;
  readonly #gets: Batcher<string, Order | undefined>;
  readonly #pages: OrderPages;
  #movesSql: string | undefined;
  readonly #sql: OrdersSql;

  constructor(
    private readonly database: Database,
    @InjectRepository(OrderEntity, READER) orders: Repository<OrderEntity>,
    @InjectRepository(OrderHistoryEntity, READER) private readonly moves: Repository<OrderHistoryEntity>,
    clock: Clock = new Clock(),
  ) {
    this.#gets = new Batcher((ids) => this.#getAll(ids), {
      maxBatch: MAX_SHARED,
      maxWaiting: 20_000,
      maxFlushes: 1,
      gathers: !database.isShared,
      isShared: (error) => error instanceof DatabaseUnavailable,
      clock,
    });
    this.#pages = new OrderPages(database, orders);
    this.#sql = ordersSql(database.dialect);
  }

  /** Orders that are asked for at once are read at once. */
  get(orderId: string): Promise<Order | undefined> {
    return this.#gets.add(orderId);
  }

  async status(orderId: string): Promise<OrderStatus | undefined> {
    const sql = 'SELECT status FROM orders WHERE order_id = ?';
    const [row] = await this.database.read<{ status: OrderStatus }>(sql, [orderId]);
    return row?.status;
  }

  /** Newest first, after `place`; at most `limit`, and fewer where they are large. */
  list(filter: OrderFilter, place: ListPlace | undefined, limit: number): Promise<Page> {
    return this.#pages.page(filter, place, limit);
  }

  /**
   * Failed orders, the first accepted first; at most `limit`. Where a user or a time is given and more than
   * `FAILED_WINDOW` match, those of them that failed first.
   */
  async failed(filter: FailedFilter, limit: number): Promise<number[]> {
    const { sql, parameters } = failedSql(this.database.dialect, filter);
    const rows = await this.database.read<{ seq: number }>(sql, [...parameters, limit]);
    return rows.map(({ seq }) => Number(seq));
  }

  /** Every transition, oldest first, but only the latest `MOVES_TOLD` moves; empty when there is no such order. */
  async history(orderId: string): Promise<HistoryEntry[]> {
    const [order] = await this.database.read<{ seq: number; at: number }>(
      'SELECT seq, created_at AS at FROM orders WHERE order_id = ?',
      [orderId],
    );
    if (!order) return [];
    const seq = String(order.seq); // a parameter: TypeORM writes numbers into the text of a statement
    this.#movesSql ??= this.#sqlOfMoves(seq);
    const moves = await this.moves.query<HistoryEntry[]>(this.#movesSql, [seq]);
    return [{ at: order.at, from: null, to: 'Pending', attempt: 0, reason: null }, ...moves.toReversed()];
  }

  /** Made once, as in `OrderPages`; of rows, because entities of so many would hold up the process. */
  #sqlOfMoves(seq: string): string {
    return this.moves
      .createQueryBuilder('move')
      .select([
        'move.at AS at',
        'move.fromStatus AS "from"',
        'move.toStatus AS "to"',
        'move.attempt AS attempt',
      ])
      .addSelect('move.reason', 'reason')
      .useIndex('order_history_order')
      .where('move.orderSeq = :seq', { seq })
      .orderBy('move.orderSeq', 'DESC')
      .addOrderBy('move.id', 'DESC')
      .limit(MOVES_TOLD)
      .getQueryAndParameters()[0];
  }

  /** Pending orders that may start now, by position, after `position`; at most `limit`. Delayed ones are not looked at. */
  async pendingAfter(position: number, limit: number): Promise<Place[]> {
    return this.database.read<Place>(
      `SELECT seq, queue_seq AS "queueSeq" FROM orders ${this.#sql.useIndex('orders_pending')}
       WHERE ${STARTABLE} AND queue_seq > ? ORDER BY queue_seq LIMIT ?`,
      [position, limit],
    );
  }

  /** Pending orders whose back-off has ended, soonest first; at most `limit`. They may not start until `endDelay`. */
  async due(now: number, limit: number): Promise<Place[]> {
    return this.database.read(
      `SELECT seq, queue_seq AS "queueSeq" FROM orders ${this.#sql.useIndex('orders_delayed')}
       WHERE ${this.#sql.delayed} AND not_before <= ? ORDER BY not_before LIMIT ?`,
      [now, limit],
    );
  }

  /** Pending orders whose back-off ends after `after`, soonest first; at most `limit`. */
  async delayed(after: number, limit: number): Promise<Delayed[]> {
    return this.database.read(
      `SELECT seq, queue_seq AS "queueSeq", not_before AS "notBefore", updated_at AS since
       FROM orders ${this.#sql.useIndex('orders_delayed')}
       WHERE ${this.#sql.delayed} AND not_before > ? ORDER BY not_before LIMIT ?`,
      [after, limit],
    );
  }

  /** Every order in Processing with its running attempt and who runs it: as many as there are slots to process them. */
  async processing(): Promise<ProcessingOrder[]> {
    return this.database.read(
      `SELECT seq, queue_seq AS "queueSeq", attempts AS attempt, interruptions, owner,
        CASE WHEN lease_until < ${this.#sql.now} THEN 1 ELSE 0 END AS "isExpired"
       FROM orders WHERE status = 'Processing' ORDER BY seq`,
    );
  }

  /**
   * How many orders that may start now stand before `queueSeq`: exact up to 100; beyond, an upper bound, which is exact
   * when no order in between was cancelled, delayed or refused.
   */
  async ahead(queueSeq: number): Promise<number> {
    const index = this.#sql.useIndex('orders_pending');
    const [row] = await this.database.read<{ counted: number; head: number | null }>(
      `SELECT
        (SELECT COUNT(*) FROM (SELECT 1 FROM orders ${index} WHERE ${STARTABLE} AND queue_seq < ? LIMIT ${COUNTED_AHEAD}) AS before_it) AS counted,
        (SELECT MIN(queue_seq) FROM orders ${index} WHERE ${STARTABLE}) AS head`,
      [queueSeq],
    );
    const counted = Number(row?.counted ?? 0);
    return counted < COUNTED_AHEAD ? counted : queueSeq - Number(row?.head);
  }

  /** The counters as of the last commit. Read from the table once after each commit, however often they are asked for. */
  counts(): Promise<OrderCounts> {
    if (this.#counts) return this.#counts;
    const counts = this.#readCounts();
    this.#counts = counts;
    if (this.database.isShared) void counts.finally(() => this.forgetCounts()).catch(() => undefined); // others commit too
    return counts;
  }

  @OnEvent(ORDERS_MOVED)
  @OnEvent(ORDERS_UNCERTAIN)
  forgetCounts(): void {
    this.#counts = undefined;
  }

  async #getAll(ids: string[]): Promise<Outcome<Order | undefined>[]> {
    const rows = await this.database.read<OrderRow>(this.#sql.selectByIds(ORDER_COLUMNS), [
      this.#sql.list(ids),
    ]);
    const byId = new Map(rows.map((row) => [row.orderId, toOrder(row)]));
    return ids.map((id) => ({ value: byId.get(id) }));
  }

  async #readCounts(): Promise<OrderCounts> {
    try {
      return toCounts(
        await this.database.read('SELECT name, SUM(value) AS value FROM order_counters GROUP BY name'),
      );
    } catch (error) {
      this.#counts = undefined; // trouble is not to be remembered
      throw error;
    }
  }
}
