import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Batcher, type Outcome } from '../common/batcher.js';
import { Database } from '../database/database.js';
import type { HistoryEntry, Order } from './order.js';
import { toCounts, type OrderCounts } from './order.counters.js';
import { ORDERS_MOVED, ORDERS_UNCERTAIN } from './order.events.js';
import { ORDER_COLUMNS, toOrder, type OrderRow } from './order.row.js';
import type { OrderStatus } from './order.status.js';
import { ordersSql, type OrdersSql } from './sql/orders.sql.js';

/** Which orders a list shows: all that are given must hold. Instants are inclusive. */
export interface OrderFilter {
  status?: OrderStatus;
  userId?: string;
  createdFrom?: number;
  createdTo?: number;
}

/** Which Failed orders are meant: all that are given must hold. Instants are inclusive. */
export interface FailedFilter {
  failedFrom?: number;
  failedTo?: number;
  userId?: string;
}

/** An order's number and its place in line. */
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

/** When an order's back-off ends; seq tells apart those that end at once. */
export interface Due {
  notBefore: number;
  seq: number;
}

/** When the first order from the middle of a range of seqs on was created. */
const AT_MIDDLE = '(SELECT created_at FROM orders WHERE seq >= (low + high) / 2 ORDER BY seq LIMIT 1)';

/** A binary search: every order before `low` is older than the instant, which is given twice, and none from `high` on. */
const SEARCH_CREATED_AT = `
  WITH RECURSIVE search (low, high) AS (
    SELECT 0, COALESCE((SELECT MAX(seq) FROM orders), 0) + 1
    UNION ALL
    SELECT CASE WHEN ${AT_MIDDLE} < ? THEN (low + high) / 2 ELSE low END,
      CASE WHEN ${AT_MIDDLE} < ? THEN high ELSE (low + high) / 2 END
    FROM search WHERE high - low > 1
  )
  SELECT high AS seq FROM search WHERE high - low = 1`;

/** Orders ahead are counted one by one up to here; beyond, the distance in line is taken. */
const COUNTED_AHEAD = 100;

/** Every question that is asked about orders. Reads committed rows only, and no question costs more as the table grows. */
@Injectable()
export class OrdersReader {
  #counts: Promise<OrderCounts> | undefined;
  readonly #gets: Batcher<string, Order | undefined>;
  readonly #sql: OrdersSql;

  constructor(private readonly database: Database) {
    this.#gets = new Batcher((ids) => this.#getAll(ids), {
      maxBatch: 500,
      maxWaiting: 20_000,
      maxFlushes: 1,
      gathers: !database.isShared,
      isShared: () => true,
    });
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

  /** Newest first, older than `before`; at most `limit`. */
  async list(filter: OrderFilter, before: number | undefined, limit: number): Promise<Order[]> {
    const { sql, parameters } = await this.#conditions(filter, before);
    const where = sql.length > 0 ? `WHERE ${sql.join(' AND ')}` : '';
    const rows = await this.database.read<OrderRow>(
      `SELECT ${ORDER_COLUMNS} FROM orders ${where} ORDER BY seq DESC LIMIT ?`,
      [...parameters, limit],
    );
    return rows.map(toOrder);
  }

  /** Failed orders, the first accepted first; at most `limit`. */
  async failed(filter: FailedFilter, limit: number): Promise<number[]> {
    const { failedFrom = 0, failedTo = Number.MAX_SAFE_INTEGER, userId } = filter;
    const rows = await this.database.read<{ seq: number }>(
      `SELECT seq FROM orders WHERE status = 'Failed' AND updated_at BETWEEN ? AND ? ${userId ? 'AND user_id = ?' : ''}
       ORDER BY seq LIMIT ?`,
      [failedFrom, failedTo, ...(userId ? [userId] : []), limit],
    );
    return rows.map(({ seq }) => seq);
  }

  /** Every transition, oldest first; empty when there is no such order. */
  async history(orderId: string): Promise<HistoryEntry[]> {
    const [order] = await this.database.read<{ seq: number; at: number }>(
      'SELECT seq, created_at AS at FROM orders WHERE order_id = ?',
      [orderId],
    );
    if (!order) return [];
    const moves = await this.database.read<HistoryEntry>(
      `SELECT at, from_status AS "from", to_status AS "to", attempt, reason FROM order_history
       WHERE order_seq = ? ORDER BY id`,
      [order.seq],
    );
    return [{ at: order.at, from: null, to: 'Pending', attempt: 0, reason: null }, ...moves];
  }

  /** Pending orders that may start now, in line after `place`; at most `limit`. */
  async pendingAfter(place: number, now: number, limit: number): Promise<Place[]> {
    return this.database.read<Place>(
      `SELECT seq, queue_seq AS "queueSeq" FROM orders ${this.#sql.useIndex('orders_pending')}
       WHERE status = 'Pending' AND queue_seq > ? AND (not_before IS NULL OR not_before <= ?)
       ORDER BY queue_seq LIMIT ?`,
      [place, now, limit],
    );
  }

  /** Pending orders whose back-off ends after `after` and up to `now`, soonest first; at most `limit`. */
  async dueAfter(after: Due, now: number, limit: number): Promise<(Place & Due)[]> {
    return this.database.read(
      `SELECT seq, queue_seq AS "queueSeq", not_before AS "notBefore" FROM orders ${this.#sql.useIndex('orders_delayed')}
       WHERE (not_before, seq) > (?, ?) AND not_before <= ? AND status = 'Pending' ORDER BY not_before, seq LIMIT ?`,
      [after.notBefore, after.seq, now, limit],
    );
  }

  /** When the first back-off that ends after `now` ends. */
  async nextDueAfter(now: number): Promise<number | undefined> {
    const sql = `SELECT MIN(not_before) AS due FROM orders ${this.#sql.useIndex('orders_delayed')} WHERE not_before > ? AND status = 'Pending'`;
    const [row] = await this.database.read<{ due: number | null }>(sql, [now]);
    return row?.due ?? undefined;
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
   * How many Pending orders stand before `queueSeq`: exact up to 100; beyond, an upper bound, which is exact
   * when no order in between was cancelled or refused.
   */
  async ahead(queueSeq: number): Promise<number> {
    const index = this.#sql.useIndex('orders_pending');
    const [row] = await this.database.read<{ counted: number; head: number | null }>(
      `SELECT
        (SELECT COUNT(*) FROM (SELECT 1 FROM orders ${index} WHERE status = 'Pending' AND queue_seq < ? LIMIT ${COUNTED_AHEAD}) AS before_it) AS counted,
        (SELECT MIN(queue_seq) FROM orders ${index} WHERE status = 'Pending') AS head`,
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
    const byId = new Map(rows.map((row) => [row.order_id, toOrder(row)]));
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

  /** With one process created_at never runs backwards along seq, so a range of instants is a range of seq. */
  async #conditions(filter: OrderFilter, before: number | undefined) {
    const sql: string[] = [];
    const parameters: unknown[] = [];
    const add = (condition: string, value: unknown) => {
      if (value === undefined) return;
      sql.push(condition);
      parameters.push(value);
    };
    add('status = ?', filter.status);
    add('user_id = ?', filter.userId);
    add('seq < ?', before);
    if (this.database.isShared) {
      add('created_at >= ?', filter.createdFrom); // each process has a clock of its own
      add('created_at <= ?', filter.createdTo);
      return { sql, parameters };
    }
    const { createdFrom, createdTo } = filter;
    if (createdFrom !== undefined) add('seq >= ?', await this.#seqFrom(createdFrom));
    if (createdTo !== undefined) add('seq < ?', await this.#seqFrom(createdTo + 1));
    return { sql, parameters };
  }

  /** The seq from which on orders were created at `at` or later: as `created_at` is sorted, it needs no index. */
  async #seqFrom(at: number): Promise<number> {
    const [row] = await this.database.read<{ seq: number }>(SEARCH_CREATED_AT, [at, at]);
    return row?.seq ?? 1;
  }
}
