import type { Repository } from 'typeorm';
import { PLANNED_ANEW } from '../../database/database.js';
import type { Order } from '../../domain/order.js';
import type { OrderEntity } from './entities/order.entity.js';
import { ORDER_SELECTION, toOrder, type OrderRow } from './order.row.js';
import type { OrderStatus } from '../../domain/order.status.js';
import type { OrdersSql } from './sql/orders.sql.js';
import type { Walk } from './sql/walk.sql.js';

/** Which orders a list shows: all that are given must hold. Instants are inclusive. */
export interface OrderFilter {
  status?: OrderStatus;
  userId?: string;
  createdFrom?: number;
  createdTo?: number;
}

/** Where a list goes on: with what comes after this order. It need not be there any more. */
export interface ListCursor {
  createdAt: number;
  seq: number;
}

export interface Page {
  orders: Order[];
  /** Where the next page begins; undefined at the end. */
  next: ListCursor | undefined;
}

/** What a filter asks of an order besides its time. */
interface Condition {
  column: string;
  sql: string;
  /** Undefined: not asked. */
  value: unknown;
  /** The index that begins with the column, if there is one. */
  walk?: Walk;
}

/** How a page is found: along one index, at one value of what it begins with; other conditions are examined order by order. */
interface Way {
  walk: Walk;
  along: Condition | undefined;
  examined: Condition[];
}

/** Orders from `from` on and before `before`. */
interface Span {
  from: ListCursor;
  before: ListCursor;
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

/** Orders that a page looks at where its walk is not all that is asked for: a user's in a status. */
const EXAMINED = 5000;

/** The walk goes along the first that is asked for and has an index. */
function conditionsOf({ userId, status }: OrderFilter): Condition[] {
  return [
    { column: 'user_id', sql: 'user_id = ?', value: userId, walk: 'orders_user' },
    { column: 'status', sql: 'status = ?', value: status, walk: 'orders_status' },
  ];
}

/**
 * Lists of orders, newest first, page by page: each is a walk along one index, of which a page reads a bounded part,
 * whatever the filter, and shows a bounded number of bytes. A page may hold fewer than were asked for, and none: its
 * `next` alone tells whether there is more.
 */
export class OrderPages {
  #rowsSql: string | undefined;

  constructor(
    private readonly sql: OrdersSql,
    private readonly orders: Repository<OrderEntity>,
  ) {}

  /** At most `limit` orders after `cursor`. */
  async page(filter: OrderFilter, cursor: ListCursor | undefined, limit: number): Promise<Page> {
    const way = this.#wayOf(filter);
    const asked = await this.#spanOf(filter, cursor);
    const span = await this.#clamped(way, filter, asked);
    if (!span) return { orders: [], next: undefined };
    return this.#read(way, filter, span, limit);
  }

  #wayOf(filter: OrderFilter): Way {
    const asked = conditionsOf(filter).filter(({ value }) => value !== undefined);
    const along = asked.find(({ walk }) => walk);
    const isByTime = filter.createdFrom !== undefined || filter.createdTo !== undefined;
    const walk = along?.walk ?? (isByTime ? 'orders_created' : 'orders_pkey');
    return { walk, along, examined: asked.filter((condition) => condition !== along) };
  }

  async #spanOf({ createdFrom, createdTo }: OrderFilter, cursor: ListCursor | undefined): Promise<Span> {
    let { from, before } = EVERYTHING;
    if (createdFrom !== undefined) from = await this.sql.firstCreated(createdFrom);
    if (createdTo !== undefined) before = await this.sql.firstCreated(createdTo + 1);
    if (cursor && isBefore(cursor, before)) before = cursor;
    return { from, before };
  }

  /**
   * The part of the span that this page examines, and where the next one goes on. A walk on which something is examined
   * ends after `EXAMINED` orders; and where no order is in the status any more, if that is examined.
   */
  async #clamped(
    way: Way,
    { status }: OrderFilter,
    span: Span,
  ): Promise<(Span & { next?: ListCursor }) | undefined> {
    if (way.examined.length === 0) return span;
    const isAlongStatus = status === undefined || way.walk === 'orders_status';
    const part = isAlongStatus ? span : await this.#partIn(status, span);
    const next = part && (await this.#after(way, part));
    return next ? { ...part, from: next, next } : part;
  }

  /** From the oldest order in a status to the newest; undefined when there is none. */
  async #partIn(status: OrderStatus, span: Span): Promise<Span | undefined> {
    const [first, last] = await Promise.all([
      this.#endOf(status, 'oldestFirst'),
      this.#endOf(status, 'newestFirst'),
    ]);
    if (!first || !last) return undefined;
    const after = { ...last, seq: last.seq + 1 };
    return {
      from: isBefore(span.from, first) ? first : span.from,
      before: isBefore(after, span.before) ? after : span.before,
    };
  }

  /** The oldest or the newest order in a status. */
  async #endOf(status: OrderStatus, order: 'oldestFirst' | 'newestFirst'): Promise<ListCursor | undefined> {
    const sql = `SELECT seq, created_at AS "createdAt" FROM ${this.sql.table('orders_status')} WHERE status = ?
      ORDER BY ${this.sql.walk('orders_status')[order]} LIMIT 1`;
    const [row] = await this.sql.database.read<ListCursor>(sql, [status]);
    return row && { createdAt: Number(row.createdAt), seq: Number(row.seq) };
  }

  /** The last of the first `EXAMINED` orders of a walk; undefined when there are fewer. */
  async #after(way: Way, span: Span): Promise<ListCursor | undefined> {
    const { sql: walked, values } = this.#walkSql(way, span, 'seq, created_at AS "createdAt"');
    const sql = `${PLANNED_ANEW} ${walked} LIMIT 1 OFFSET ${EXAMINED - 1}`;
    const [row] = await this.sql.database.read<ListCursor>(sql, values);
    return row && { createdAt: Number(row.createdAt), seq: Number(row.seq) };
  }

  /**
   * The first orders of a span, as many as fit on a page, and where it goes on. One that left the status which is asked for
   * since the statement before is no match any more.
   */
  async #read(
    way: Way,
    { status }: OrderFilter,
    span: Span & { next?: ListCursor },
    limit: number,
  ): Promise<Page> {
    const { sql, values } = this.#pageSql(way, span, limit + 1);
    const found = await this.sql.database.read<Found>(sql, values);
    const shown = fitting(found.slice(0, limit));
    const last = shown.at(-1);
    if (!last) return { orders: [], next: span.next };
    const rows = await this.#rowsOf(shown.map(({ seq }) => seq));
    const bySeq = new Map(rows.map((row) => [Number(row.seq), row]));
    const orders = shown.flatMap(({ seq }) => bySeq.get(Number(seq)) ?? []).map(toOrder);
    return {
      orders: status === undefined ? orders : orders.filter((order) => order.status === status),
      next: found.length > shown.length ? cursorOf(last) : span.next,
    };
  }

  /** The statement is made once: to make it costs TypeORM as much as to run it, and entities as much again. */
  #rowsOf(seqs: number[]): Promise<OrderRow[]> {
    const values = this.sql.list(seqs);
    this.#rowsSql ??= this.orders
      .createQueryBuilder('orders')
      .select(ORDER_SELECTION)
      .where(this.sql.isOneOf('orders.seq', 'seqs'), { seqs: values })
      .getQueryAndParameters()[0];
    return this.orders.query(this.#rowsSql, [values]);
  }

  /** The first orders of a span. */
  #pageSql(way: Way, span: Span, limit: number): { sql: string; values: unknown[] } {
    const { newestFirst } = this.sql.walk(way.walk);
    const columns = ['seq', 'created_at', ...way.examined.map(({ column }) => column)].join(', ');
    const { sql: walked, values } = this.#walkSql(way, span, columns);
    const conditions = way.examined.map(({ sql }) => sql).join(' AND ');
    // the inner LIMIT cuts nothing: it keeps the database from walking along another index instead
    const found = conditions
      ? `SELECT seq, created_at FROM (${walked} LIMIT ${10 * EXAMINED}) AS examined WHERE ${conditions} ORDER BY ${newestFirst}`
      : walked;
    const sql = `${PLANNED_ANEW}
      WITH found AS (${found} LIMIT ?), sized AS (
        SELECT found.seq, found.created_at, OCTET_LENGTH(item_ids) + COALESCE(OCTET_LENGTH(error), 0) AS bytes
        FROM found JOIN orders ON orders.seq = found.seq
      )
      SELECT seq, created_at, bytes FROM sized ORDER BY ${newestFirst}`;
    return { sql, values: [...values, ...way.examined.map(({ value }) => value), limit] };
  }

  #walkSql(
    { walk, along }: Way,
    { from, before }: Span,
    columns: string,
  ): { sql: string; values: unknown[] } {
    const by = this.sql.walk(walk);
    const sql = `SELECT ${columns} FROM ${this.sql.table(walk)}
      WHERE ${along ? `${along.sql} AND` : ''} ${by.from} AND ${by.before} ORDER BY ${by.newestFirst}`;
    return { sql, values: [...(along ? [along.value] : []), ...by.bind(from), ...by.bind(before)] };
  }
}

/** As many of the first as fit on a page. */
function fitting(found: Found[]): Found[] {
  let bytes = 0;
  const tooMany = found.findIndex((one, index) => (bytes += Number(one.bytes)) > PAGE_BYTES && index > 0);
  return tooMany === -1 ? found : found.slice(0, tooMany);
}

function cursorOf({ seq, created_at: createdAt }: Found): ListCursor {
  return { createdAt: Number(createdAt), seq: Number(seq) };
}

/** By instant and number, which is the order of numbers where one process accepts all. */
function isBefore(a: ListCursor, b: ListCursor): boolean {
  return a.createdAt === b.createdAt ? a.seq < b.seq : a.createdAt < b.createdAt;
}
