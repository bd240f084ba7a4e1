import { CounterDeltas } from '../orders/order.counters.js';
import type { OrderStatus } from '../orders/order.status.js';
import { ENTRY, ORDER, type Row } from './columns.js';
import type { Chunk } from './chunk.js';

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
      createdAt.set(row[ORDER.seq], number(row, ORDER.created_at));
      this.lastNumber = Math.max(this.lastNumber, number(row, ORDER.seq), number(row, ORDER.queue_seq));
      const status = row[ORDER.status] as OrderStatus; // what the column holds
      this.counters.moved(null, status);
      if (status === 'Completed')
        this.counters.completed(difference(number(row, ORDER.completed_at), number(row, ORDER.started_at)));
    }
    for (const row of history.rows)
      if (row[ENTRY.to_status] === 'Processing' && row[ENTRY.attempt] === 1)
        this.counters.firstStarted(
          difference(number(row, ENTRY.at), createdAt.get(row[ENTRY.order_seq]) ?? Infinity),
        );
    this.orders += orders.rows.length;
    this.entries += history.rows.length;
  }
}

/** As `OrdersWriter` counts: a clock that was set back makes no duration negative. */
function difference(end: number, start: number): number {
  return Math.max(0, end - start);
}

function number(row: Row, place: number): number {
  return Number(row[place]);
}
