import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Batcher, type Outcome } from '../../common/batcher.js';
import { Clock } from '../../common/clock.js';
import { DatabaseUnavailable } from '../../database/database.js';
import { READER } from '../../database/sources/reading.data.source.js';
import { OrderHistoryEntity } from './entities/order-history.entity.js';
import { OrderEntity } from './entities/order.entity.js';
import type { HistoryEntry, Order } from '../../domain/order.js';
import { toOrder } from './order.row.js';
import type { OrderStatus } from '../../domain/order.status.js';
import { OrderPages, type ListCursor, type OrderFilter, type Page } from './orders.pages.js';
import { QueuePositions, STARTABLE } from './queue.positions.js';
import { failedSql, type FailedFilter } from './sql/failed.sql.js';
import { OrdersSql } from './sql/orders.sql.js';

/** An order's number and its position in the queue. */
export interface QueuedOrder {
  seq: number;
  queueSeq: number;
}

/** An order in Processing: the running attempt, how many were interrupted before it, and the process that runs it. */
export interface ProcessingOrder extends QueuedOrder {
  attempt: number;
  interruptions: number;
  owner: string;
  /** 1: nobody renewed the owner's lease in time, by the database's clock. */
  isExpired: number;
}

/** An order that waits: when its back-off ends, and when it began. */
export interface Delayed extends QueuedOrder {
  notBefore: number;
  since: number;
}

/** An order of a user: its place in lists, and its status. */
export interface OwnedOrder extends ListCursor {
  status: OrderStatus;
}

/** Orders that share a read, each of which may have half a megabyte of items. */
const MAX_SHARED = 32;

/** Transitions of one order that its history tells. */
const TOLD = 10_000;

/** Every question that is asked about orders. Reads committed rows only, and no question costs more as the table grows. */
@Injectable()
export class OrdersReader {
  readonly #gets: Batcher<string, Order | undefined>;
  readonly #pages: OrderPages;
  readonly #positions: QueuePositions;
  #historySql: string | undefined;

  constructor(
    private readonly sql: OrdersSql,
    @InjectRepository(OrderEntity, READER) orders: Repository<OrderEntity>,
    @InjectRepository(OrderHistoryEntity, READER) private readonly entries: Repository<OrderHistoryEntity>,
    clock: Clock = new Clock(),
  ) {
    this.#gets = new Batcher((ids) => this.#getAll(ids), {
      maxBatch: MAX_SHARED,
      maxWaiting: 20_000,
      maxFlushes: 1,
      gathers: !sql.database.isShared,
      isShared: (error) => error instanceof DatabaseUnavailable,
      clock,
    });
    this.#pages = new OrderPages(sql, orders);
    this.#positions = new QueuePositions(sql, clock);
  }

  /** Orders that are asked for at once are read at once. */
  get(orderId: string): Promise<Order | undefined> {
    return this.#gets.add(orderId);
  }

  async status(orderId: string): Promise<OrderStatus | undefined> {
    const sql = 'SELECT status FROM orders WHERE order_id = ?';
    const [row] = await this.sql.database.read<{ status: OrderStatus }>(sql, [orderId]);
    return row?.status;
  }

  /** Newest first, after `cursor`; at most `limit`, and fewer where they are large. */
  list(filter: OrderFilter, cursor: ListCursor | undefined, limit: number): Promise<Page> {
    return this.#pages.page(filter, cursor, limit);
  }

  /**
   * Failed orders, the first accepted first; at most `limit`. Where a user or a time is given and more than
   * `FAILED_WINDOW` match, those of them that failed first.
   */
  async failed(filter: FailedFilter, limit: number): Promise<number[]> {
    const { sql, parameters } = failedSql(this.sql, filter);
    const rows = await this.sql.database.read<{ seq: number }>(sql, [...parameters, limit]);
    return rows.map(({ seq }) => Number(seq));
  }

  /** Orders of a user, oldest first, from `from` on; at most `limit`. */
  async ofUser(userId: string, from: ListCursor, limit: number): Promise<OwnedOrder[]> {
    const walk = this.sql.walk('orders_user');
    const rows = await this.sql.database.read<OwnedOrder>(
      `SELECT seq, created_at AS "createdAt", status FROM ${this.sql.table('orders_user')}
       WHERE user_id = ? AND ${walk.from} ORDER BY ${walk.oldestFirst} LIMIT ?`,
      [userId, ...walk.bind(from), limit],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq), createdAt: Number(row.createdAt) }));
  }

  /** Every transition, oldest first, but only the latest `TOLD`; empty when there is no such order. */
  async history(orderId: string): Promise<HistoryEntry[]> {
    const [order] = await this.sql.database.read<{ seq: number; at: number }>(
      'SELECT seq, created_at AS at FROM orders WHERE order_id = ?',
      [orderId],
    );
    if (!order) return [];
    const seq = String(order.seq); // a parameter: TypeORM writes numbers into the text of a statement
    this.#historySql ??= this.#sqlOfHistory(seq);
    const transitions = await this.entries.query<HistoryEntry[]>(this.#historySql, [seq]);
    return [
      { at: order.at, from: null, to: 'Pending', attempt: 0, reason: null },
      ...transitions.toReversed(),
    ];
  }

  /** Made once, as in `OrderPages`; of rows, because entities of so many would hold up the process. */
  #sqlOfHistory(seq: string): string {
    return this.entries
      .createQueryBuilder('entry')
      .select([
        'entry.at AS at',
        'entry.fromStatus AS "from"',
        'entry.toStatus AS "to"',
        'entry.attempt AS attempt',
      ])
      .addSelect('entry.reason', 'reason')
      .useIndex('order_history_order')
      .where('entry.orderSeq = :seq', { seq })
      .orderBy('entry.orderSeq', 'DESC')
      .addOrderBy('entry.id', 'DESC')
      .limit(TOLD)
      .getQueryAndParameters()[0];
  }

  /** Pending orders that may start now, by position, after `position`; at most `limit`. Delayed ones are not looked at. */
  async pendingAfter(position: number, limit: number): Promise<QueuedOrder[]> {
    return this.sql.database.read<QueuedOrder>(
      `SELECT seq, queue_seq AS "queueSeq" FROM ${this.sql.table('orders_pending')}
       WHERE ${STARTABLE} AND queue_seq > ? ORDER BY queue_seq LIMIT ?`,
      [position, limit],
    );
  }

  /** Pending orders whose back-off has ended, soonest first; at most `limit`. They may not start until `endDelay`. */
  async due(now: number, limit: number): Promise<QueuedOrder[]> {
    return this.sql.database.read(
      `SELECT seq, queue_seq AS "queueSeq" FROM ${this.sql.table('orders_delayed')}
       WHERE ${this.sql.isDelayed} AND not_before <= ? ORDER BY not_before LIMIT ?`,
      [now, limit],
    );
  }

  /** Pending orders whose back-off ends after `after`, soonest first; at most `limit`. */
  async delayed(after: number, limit: number): Promise<Delayed[]> {
    return this.sql.database.read(
      `SELECT seq, queue_seq AS "queueSeq", not_before AS "notBefore", updated_at AS since
       FROM ${this.sql.table('orders_delayed')}
       WHERE ${this.sql.isDelayed} AND not_before > ? ORDER BY not_before LIMIT ?`,
      [after, limit],
    );
  }

  /** Every order in Processing with its running attempt and who runs it: as many as there are slots to process them. */
  async processing(): Promise<ProcessingOrder[]> {
    return this.sql.database.read(
      `SELECT seq, queue_seq AS "queueSeq", attempts AS attempt, interruptions, owner,
        CASE WHEN lease_until < ${this.sql.now} THEN 1 ELSE 0 END AS "isExpired"
       FROM orders WHERE status = 'Processing' ORDER BY seq`,
    );
  }

  /**
   * Since when the order at the head of the queue has waited: since its acceptance or a person's retry; and when the one
   * in Processing started that runs longest. In milliseconds since 1970.
   */
  async oldest(): Promise<Record<'pending' | 'processing', number | undefined>> {
    const [row] = await this.sql.database.read<Record<'pending' | 'processing', number | null>>(
      `SELECT
        (SELECT CASE WHEN queue_seq = seq THEN created_at ELSE updated_at END FROM ${this.sql.table('orders_pending')}
         WHERE ${STARTABLE} AND queue_seq > 0 ORDER BY queue_seq LIMIT 1) AS pending,
        (SELECT MIN(started_at) FROM ${this.sql.table('orders_status')} WHERE status = 'Processing') AS processing`,
    );
    const instant = (value: number | null = null) => (value === null ? undefined : Number(value));
    return { pending: instant(row?.pending), processing: instant(row?.processing) };
  }

  /** How many orders that may start now stand before `queueSeq`, as `QueuePositions` says. */
  ahead(queueSeq: number): Promise<number> {
    return this.#positions.ahead(queueSeq);
  }

  async #getAll(ids: string[]): Promise<Outcome<Order | undefined>[]> {
    const rows = await this.sql.findByIds(ids);
    const byId = new Map(rows.map((row) => [row.orderId, toOrder(row)]));
    return ids.map((id) => ({ value: byId.get(id) }));
  }
}
