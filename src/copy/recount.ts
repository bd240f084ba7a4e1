import { ORDER_STATUSES, STATUSES, type OrderStatus } from '../domain/order.status.js';
import { CounterDeltas } from '../metrics/order.counters.js';
import { ENTRY, ORDER, type Row } from './columns.js';
import type { Chunk } from './chunk.js';

/** A damaged target may hold a status that is none. */
const STARTING: unknown[] = ORDER_STATUSES.filter((status) => STATUSES[status].entering === 'starts');

/** What the counters must be, and which numbers are in use: counted anew from the rows. */
export class Recount {
  orders = 0;
  entries = 0;
  /** The greatest seq or position in the queue. */
  lastNumber = 0;
  readonly counters = new CounterDeltas();

  add({ orders, history }: Chunk): void {
    const createdAt = new Map<unknown, number>();
    for (const row of orders.rows) {
      createdAt.set(row[ORDER.seq], number(row, ORDER.createdAt));
      this.lastNumber = Math.max(this.lastNumber, number(row, ORDER.seq), number(row, ORDER.queueSeq));
      this.counters.inStatus(row[ORDER.status] as OrderStatus, 1); // what the column holds
      if (row[ORDER.completedAt] !== null)
        this.counters.completion(number(row, ORDER.completedAt) - number(row, ORDER.startedAt));
    }
    for (const row of history.rows) {
      if (STARTING.includes(row[ENTRY.toStatus]) && row[ENTRY.attempt] === 1)
        this.counters.firstStart(number(row, ENTRY.at) - (createdAt.get(row[ENTRY.orderSeq]) ?? Infinity));
      const [from, to] = [toStatus(row[ENTRY.fromStatus]), toStatus(row[ENTRY.toStatus])];
      if (from && to) this.counters.return(from, to, String(row[ENTRY.reason]));
    }
    this.orders += orders.rows.length;
    this.entries += history.rows.length;
  }
}

function toStatus(value: unknown): OrderStatus | undefined {
  return ORDER_STATUSES.find((status) => status === value);
}

function number(row: Row, index: number): number {
  return Number(row[index]);
}
