import type { Repository } from 'typeorm';
import { PLANNED_ANEW, type Database } from '../database/database.js';
import type { Order } from './order.js';
import type { OrderEntity } from './order.entity.js';
import { ORDER_SELECTION, toOrder, type OrderRow } from './order.row.js';
import type { OrderStatus } from './order.status.js';
import { SEARCH_CREATED_AT } from './sql/created.search.js';
import { ordersSql } from './sql/orders.sql.js';
import { walkSql, type Walk } from './sql/walk.sql.js';

/** Which orders a list shows: all that are given must hold. Instants are inclusive. */
export interface OrderFilter {
  status?: OrderStatus;
  userId?: string;
  createdFrom?: number;
  createdTo?: number;
}

/** Where a list goes on: with what comes after this order. It need not be there any more. */
export interface ListPlace {
  createdAt: number;
  seq: number;
}

export interface Page {
  orders: Order[];
  /** Where the next page begins; undefined at the end. */
  next: ListPlace | undefined;
}

/** Orders from `from` on and before `before`. */
interface Span {
  from: ListPlace;
  before: ListPlace;
}

/** An order that is to be on a page, and the bytes of its items and error. */
interface Found {
  seq: number;
  created_at: number;
  bytes: number;
}

const EVERYTHING: Span = {
  from: { createdAt: 0, seq: 0 },
  before: { createdAt: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER },
};

/** Most bytes of items and errors on a page; the first order is on it however large it is. */
const PAGE_BYTES = 1_048_576;

/** A user's orders that a page looks at where they must also be in a status, for which there is no index. */
const EXAMINED = 5000;

/**
 * Lists of orders, newest first, page by page: each is a walk along one index, of which a page reads a bounded part,
 * whatever the filter, and shows a bounded number of bytes. A page may hold fewer than were asked for, and none: its
 * `next` alone tells whether there is more.
 */
export class OrderPages {
  #rowsSql: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly orders: Repository<OrderEntity>,
  ) {}

  /** At most `limit` orders after `place`. */
  async page(filter: OrderFilter, place: ListPlace | undefined, limit: number): Promise<Page> {
    const walk = this.#walkOf(filter);
    const asked = await this.#spanOf(filter, place);
    const span = await this.#clamped(walk, filter, asked);
    if (!span) return { orders: [], next: undefined };
    return this.#read(walk, filter, span, limit);
  }

  /** SQLite has no index on `created_at`: it finds the orders of a time by their numbers. */
  #walkOf(filter: OrderFilter): Walk {
    if (filter.userId !== undefined) return 'orders_user';
    if (filter.status !== undefined) return 'orders_status';
    const isByTime = filter.createdFrom !== undefined || filter.createdTo !== undefined;
    return isByTime && this.database.isShared ? 'orders_created' : 'orders_pkey';
  }

  async #spanOf({ createdFrom, createdTo }: OrderFilter, place: ListPlace | undefined): Promise<Span> {
    let { from, before } = EVERYTHING;
    if (createdFrom !== undefined) from = await this.#firstAt(createdFrom);
    if (createdTo !== undefined) before = await this.#firstAt(createdTo + 1);
    if (place && isBefore(place, before)) before = place;
    return { from, before };
  }

  /** Orders created at `at` or later come at this place or after it. With one process, `seq` alone tells that. */
  async #firstAt(at: number): Promise<ListPlace> {
    if (this.database.isShared) return { createdAt: at, seq: 0 };
    const [row] = await this.database.read<{ seq: number }>(SEARCH_CREATED_AT, [at, at]);
    return { createdAt: at, seq: row?.seq ?? 1 };
  }

  /**
   * The part of the span that this page examines, and where the next one goes on. Only a user's orders in a status need
   * that: their walk ends where no order is in that status any more, and after `EXAMINED` orders in any case.
   */
  async #clamped(
    walk: Walk,
    { status, userId }: OrderFilter,
    span: Span,
  ): Promise<(Span & { next?: ListPlace }) | undefined> {
    if (status === undefined || userId === undefined) return span;
    const [first, last] = await Promise.all([
      this.#endOf(status, 'oldestFirst'),
      this.#endOf(status, 'newestFirst'),
    ]);
    if (!first || !last) return undefined;
    const after = { ...last, seq: last.seq + 1 };
    const from = isBefore(span.from, first) ? first : span.from;
    const before = isBefore(after, span.before) ? after : span.before;
    const next = await this.#after(walk, userId, { from, before });
    return next ? { from: next, before, next } : { from, before };
  }

  /** The oldest or the newest order in a status. */
  async #endOf(status: OrderStatus, order: 'oldestFirst' | 'newestFirst'): Promise<ListPlace | undefined> {
    const sql = `SELECT seq, created_at AS "createdAt" FROM ${this.#table('orders_status')} WHERE status = ?
      ORDER BY ${walkSql(this.database.dialect, 'orders_status')[order]} LIMIT 1`;
    const [row] = await this.database.read<ListPlace>(sql, [status]);
    return row && { createdAt: Number(row.createdAt), seq: Number(row.seq) };
  }

  /** The last of the first `EXAMINED` orders of a user in a span; undefined when there are fewer. */
  async #after(walk: Walk, userId: string, { from, before }: Span): Promise<ListPlace | undefined> {
    const by = walkSql(this.database.dialect, walk);
    const sql = `${PLANNED_ANEW} SELECT seq, created_at AS "createdAt" FROM ${this.#table(walk)}
      WHERE user_id = ? AND ${by.from} AND ${by.before} ORDER BY ${by.newestFirst} LIMIT 1 OFFSET ${EXAMINED - 1}`;
    const [row] = await this.database.read<ListPlace>(sql, [userId, ...by.bind(from), ...by.bind(before)]);
    return row && { createdAt: Number(row.createdAt), seq: Number(row.seq) };
  }

  /**
   * The first orders of a span, as many as fit on a page, and where it goes on. One that left the status which is asked for
   * since the statement before is no match any more.
   */
  async #read(
    walk: Walk,
    filter: OrderFilter,
    span: Span & { next?: ListPlace },
    limit: number,
  ): Promise<Page> {
    const { sql, values } = this.#pageSql(walk, filter, span, limit + 1);
    const found = await this.database.read<Found>(sql, values);
    const shown = fitting(found.slice(0, limit));
    const last = shown.at(-1);
    if (!last) return { orders: [], next: span.next };
    const rows = await this.#rowsOf(shown.map(({ seq }) => seq));
    const bySeq = new Map(rows.map((row) => [Number(row.seq), row]));
    const orders = shown.flatMap(({ seq }) => bySeq.get(Number(seq)) ?? []).map(toOrder);
    const { status } = filter;
    return {
      orders: status === undefined ? orders : orders.filter((order) => order.status === status),
      next: found.length > shown.length ? placeOf(last) : span.next,
    };
  }

  /** The statement is made once: to make it costs TypeORM as much as to run it, and entities as much again. */
  #rowsOf(seqs: number[]): Promise<OrderRow[]> {
    const sqlOf = ordersSql(this.database.dialect);
    const values = sqlOf.list(seqs);
    this.#rowsSql ??= this.orders
      .createQueryBuilder('orders')
      .select(ORDER_SELECTION)
      .where(`orders.seq ${sqlOf.isIn('seqs')}`, { seqs: values })
      .getQueryAndParameters()[0];
    return this.orders.query(this.#rowsSql, [values]);
  }

  /** The first orders of a span. */
  #pageSql(
    walk: Walk,
    { status, userId }: OrderFilter,
    { from, before }: Span,
    limit: number,
  ): { sql: string; values: unknown[] } {
    const by = walkSql(this.database.dialect, walk);
    const along =
      walk === 'orders_user' ? 'user_id = ? AND' : walk === 'orders_status' ? 'status = ? AND' : '';
    const value = walk === 'orders_user' ? userId : status;
    const walked = `SELECT seq, created_at, status FROM ${this.#table(walk)} WHERE ${along} ${by.from} AND ${by.before}
      ORDER BY ${by.newestFirst}`;
    const isFiltered = userId !== undefined && status !== undefined;
    // the inner LIMIT cuts nothing: it keeps the database from walking along the status instead
    const found = isFiltered
      ? `SELECT seq, created_at FROM (${walked} LIMIT ${10 * EXAMINED}) AS examined WHERE status = ? ORDER BY ${by.newestFirst}`
      : walked;
    const sql = `${PLANNED_ANEW}
      WITH found AS (${found} LIMIT ?), sized AS (
        SELECT found.seq, found.created_at, OCTET_LENGTH(item_ids) + COALESCE(OCTET_LENGTH(error), 0) AS bytes
        FROM found JOIN orders ON orders.seq = found.seq
      )
      SELECT seq, created_at, bytes FROM sized ORDER BY ${by.newestFirst}`;
    const filtered = isFiltered ? [status] : [];
    return {
      sql,
      values: [...(along ? [value] : []), ...by.bind(from), ...by.bind(before), ...filtered, limit],
    };
  }

  #table(walk: Walk): string {
    return `orders ${ordersSql(this.database.dialect).useIndex(walk)}`;
  }
}

/** As many of the first as fit on a page. */
function fitting(found: Found[]): Found[] {
  let bytes = 0;
  const tooMany = found.findIndex((one, index) => (bytes += Number(one.bytes)) > PAGE_BYTES && index > 0);
  return tooMany === -1 ? found : found.slice(0, tooMany);
}

function placeOf({ seq, created_at: createdAt }: Found): ListPlace {
  return { createdAt: Number(createdAt), seq: Number(seq) };
}

/** By instant and number, which is the order of numbers where one process accepts all. */
function isBefore(a: ListPlace, b: ListPlace): boolean {
  return a.createdAt === b.createdAt ? a.seq < b.seq : a.createdAt < b.createdAt;
}
