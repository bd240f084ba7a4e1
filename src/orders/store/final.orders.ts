import { Injectable } from '@nestjs/common';
import type { OrderStatus } from '../../domain/order.status.js';
import type { LogPosition } from './log/log.position.js';
import type { ListCursor } from './orders.pages.js';
import { OrdersSql } from './sql/orders.sql.js';

/** Orders that one transaction deletes at most, and entries of their history; one order at least. */
const MOST_ORDERS = 50;
const MOST_ENTRIES = 500;

/** Which orders of a status may be deleted: those that ended up to an instant. Instants in milliseconds since 1970. */
export interface Deletable {
  status: OrderStatus;
  endedBy: number;
  /** Entries after it are needed yet; of orders that ended up to `heldBy` they are not waited for any more. */
  hold: LogPosition;
  heldBy: number;
}

/** Some of them, and where the walk goes on; undefined at its end. */
export interface DeletablePage {
  seqs: number[];
  /** How many of them somebody has not read in the log. */
  unread: number;
  next: ListCursor | undefined;
}

interface Row {
  seq: number;
  createdAt: number;
  endedAt: number;
  entries: number;
  lastEntry: number | null;
}

/** Finds orders in a final status, oldest first, along the index of lists by status. */
@Injectable()
export class FinalOrders {
  constructor(private readonly sql: OrdersSql) {}

  /** The deletable ones among the next orders from `from` on. @throws DatabaseUnavailable */
  async page(deletable: Deletable, from: ListCursor): Promise<DeletablePage> {
    const rows = await this.#rows(deletable, from);
    const page: DeletablePage = { seqs: [], unread: 0, next: undefined };
    let entries = 0;
    for (const row of rows) {
      const { seq, createdAt } = row;
      if (createdAt > deletable.endedBy) return page; // nor can a later one have ended by then
      if (isEnded(row, deletable)) {
        entries += row.entries;
        if (entries > MOST_ENTRIES && page.seqs.length > 0) return { ...page, next: { seq, createdAt } };
        page.seqs.push(seq);
        if (!isRead(row, deletable.hold)) page.unread++;
      }
    }
    const last = rows.at(-1);
    const isMore = rows.length === MOST_ORDERS && last;
    return isMore ? { ...page, next: { seq: last.seq + 1, createdAt: last.createdAt } } : page;
  }

  /** An order's end is its last transition: `updated_at`. */
  async #rows({ status }: Deletable, from: ListCursor): Promise<Row[]> {
    const walk = this.sql.walk('orders_status');
    const ofHistory = (value: string) =>
      `(SELECT ${value} FROM ${this.sql.indexed('order_history', 'order_history_order')} WHERE order_seq = orders.seq)`;
    const rows = await this.sql.database.read<Row>(
      `SELECT seq, created_at AS "createdAt", updated_at AS "endedAt", ${ofHistory('COUNT(*)')} AS entries,
         ${ofHistory('MAX(id)')} AS "lastEntry"
       FROM ${this.sql.table('orders_status')} WHERE status = ? AND ${walk.from} ORDER BY ${walk.oldestFirst} LIMIT ${MOST_ORDERS}`,
      [status, ...walk.bind(from)],
    );
    return rows.map(({ seq, createdAt, endedAt, entries, lastEntry }) => ({
      seq: Number(seq),
      createdAt: Number(createdAt),
      endedAt: Number(endedAt),
      entries: Number(entries),
      lastEntry: Number(lastEntry),
    }));
  }
}

function isEnded(row: Row, { endedBy, hold, heldBy }: Deletable): boolean {
  return row.endedAt <= endedBy && (row.endedAt <= heldBy || isRead(row, hold));
}

function isRead({ seq, lastEntry }: Row, { accepted, transitioned }: LogPosition): boolean {
  return seq <= accepted && Number(lastEntry) <= transitioned;
}
