import type { Query } from '../database/database.js';
import { CounterDeltas } from './order.counters.js';
import type { OrderMove } from './order.events.js';
import { runsOfAlike, toMovedOrder, type Move, type MovedOrder, type MovedRow } from './order.move.js';
import type { NewOrder } from './order.repeat.js';
import type { Due, Renewal } from './orders.writes.js';
import type { OrdersSql } from './sql/orders.sql.js';

/**
 * The writing of one transaction, or of the one statement that is a transaction by itself: rows, the history of their
 * moves, and the counters, which it gathers until `finish`.
 */
export class OrdersWriter {
  readonly moves: OrderMove[] = [];
  readonly #counters = new CounterDeltas();
  readonly #numbers: Iterator<number>;

  /**
   * @param numbers unused ones of the sequence that both seq and queue_seq are taken from, ascending: one for each order
   *   to requeue and, unless the database draws them itself, to insert
   * @param slot of the counters, to add to
   */
  constructor(
    private readonly query: Query,
    private readonly sql: OrdersSql,
    numbers: number[],
    private readonly slot: number,
  ) {
    this.#numbers = numbers.values();
  }

  /** Stores the orders in this sequence. @returns each one's number, null where its id or key is taken */
  async insert(orders: NewOrder[], at: number): Promise<(number | null)[]> {
    if (orders.length === 0) return [];
    const seqs = await (this.sql.acceptOrders ? this.#accept(orders, at) : this.#store(orders, at));
    orders.forEach(({ orderId, userId }, index) => {
      const seq = seqs[index];
      if (seq) this.moves.push({ seq, orderId, userId, from: null, to: 'Pending', attempt: 0, at });
    });
    return seqs;
  }

  /** Makes the moves, first come first served where two want the same order; undefined for one that came too late. */
  async move(moves: Move[]): Promise<(MovedOrder | undefined)[]> {
    const results = new Map<Move, MovedOrder>();
    for (let left = moves; left.length > 0;) {
      const bySeq = new Map<number, Move>();
      const repeat = left.findIndex((move) => bySeq.has(move.seq) || !bySeq.set(move.seq, move));
      for (const alike of runsOfAlike(bySeq.values())) await this.#moveAlike(alike, bySeq, results);
      left = repeat === -1 ? [] : left.slice(repeat); // what follows it waits too: moves are made in their order
    }
    return moves.map((move) => results.get(move));
  }

  /** Renews the leases of all that `owner` processes, by the database's clock. */
  async renew({ owner, leaseMs }: Renewal): Promise<void> {
    const set = `SET lease_until = ${this.sql.now} + ? WHERE status = 'Processing' AND owner = ?`;
    const index = this.sql.useIndex('orders_status');
    if (!this.sql.movableOrders)
      return void (await this.query(`UPDATE orders ${index} ${set}`, [leaseMs, owner]));
    // an UPDATE of MySQL locks all that it looks at, and would wait for orders of a process that stands still
    const own = await this.query<{ seq: number }>(
      `SELECT seq FROM orders ${index} WHERE status = 'Processing' AND owner = ?`,
      [owner],
    );
    const seqs = this.sql.list(own.map(({ seq }) => Number(seq)));
    const primary = this.sql.useIndex('orders_pkey');
    await this.query(`UPDATE orders ${primary} ${set} AND seq IN (?)`, [leaseMs, owner, seqs]);
  }

  /** Ends the delay of orders, but for those that were started, or delayed anew, in the meantime. */
  async endDelay({ seqs, now }: Due): Promise<void> {
    await this.query(this.sql.endDelay, [now, this.sql.list(seqs)]);
  }

  /** Writes what was gathered; the transaction is then complete. */
  async finish(numbersUsed: number): Promise<void> {
    this.#counters.numbered(numbersUsed);
    const deltas = this.#counters.entries(this.slot);
    if (deltas.length > 0) await this.query(this.sql.addToCounters, [JSON.stringify(deltas)]);
  }

  /** @returns each order's number, null where its id or key is taken */
  async #store(orders: NewOrder[], at: number): Promise<(number | null)[]> {
    const { insertOrders = '', storedOrders, items = (itemIds: string[]) => itemIds } = this.sql;
    const rows = orders.map(({ orderId, idempotencyKey, userId, totalAmount, itemIds }) => {
      return [this.#number(), orderId, idempotencyKey, userId, totalAmount, items(itemIds)] as const;
    });
    const seqs = rows.map(([seq]) => seq);
    const inserted = await this.query<{ seq: number }>(insertOrders, [at, JSON.stringify(rows)]);
    const stored = storedOrders
      ? await this.query<{ seq: number }>(storedOrders, [this.sql.list(seqs)])
      : inserted;
    this.#counters.moved(null, 'Pending', stored.length);
    const isStored = new Set(stored.map(({ seq }) => Number(seq)));
    return seqs.map((seq) => (isStored.has(seq) ? seq : null));
  }

  /** The same in one statement, where the database can. */
  async #accept(orders: NewOrder[], at: number): Promise<(number | null)[]> {
    const { acceptOrders = '', acceptNewOrders = acceptOrders } = this.sql;
    const areNew = orders.every(({ hasOwnId, idempotencyKey }) => !hasOwnId && idempotencyKey === null);
    const parameters = [JSON.stringify(orders), at, this.slot];
    const [row] = await this.query<{ seqs: (number | null)[] }>(
      areNew ? acceptNewOrders : acceptOrders,
      parameters,
    );
    return row?.seqs ?? [];
  }

  #number(): number {
    const { value, done } = this.#numbers.next();
    if (done) throw new Error('too few numbers were drawn');
    return value;
  }

  /** Makes moves that differ in nothing but the order. */
  async #moveAlike(moves: Move[], bySeq: Map<number, Move>, results: Map<Move, MovedOrder>): Promise<void> {
    const [like] = moves;
    if (!like) return;
    const {
      from,
      to,
      attempt = null,
      at,
      notBefore = null,
      owner = null,
      leaseMs = null,
      error,
      reason,
    } = like;
    const errorText = error ? JSON.stringify(error) : null;
    const queueSeq = like.requeue ? this.#number() : null;
    const interrupted = Number(like.interrupted ?? false);
    const ifExpired = Number(like.ifExpired ?? false);
    const kept = reason ? storable(reason) : null;
    const { insertHistory } = this.sql;
    const values = [from, to, attempt, at, notBefore, owner, leaseMs, errorText, queueSeq, interrupted];
    const seqs = moves.map(({ seq }) => seq);
    const locking = this.sql.movableOrders && (like.ifExpired ? SKIPPING : '');
    const moved =
      locking !== undefined
        ? await this.#updateLocked(values, [from, to, attempt, attempt, ifExpired], seqs, locking)
        : await this.query<MovedRow>(this.sql.moveOrders, [
            ...values,
            ifExpired,
            ...(insertHistory ? [] : [kept]),
            this.sql.list(seqs),
          ]);
    if (moved.length === 0) return;
    for (const row of moved) {
      const move = bySeq.get(Number(row.seq));
      if (!move) throw new Error(`order ${row.seq} moved unasked`);
      this.#count(move, row);
      results.set(move, toMovedOrder(row));
    }
    const movedSeqs = this.sql.list(moved.map(({ seq }) => Number(seq)));
    if (insertHistory) await this.query(insertHistory, [at, from, to, kept, movedSeqs]);
  }

  /** Where an UPDATE returns no rows: those that will move are locked before, and read after. */
  async #updateLocked(
    values: unknown[],
    condition: unknown[],
    seqs: number[],
    locking: string,
  ): Promise<MovedRow[]> {
    const { movableOrders = '', moveOrders, movedOrders = '' } = this.sql;
    const movable = await this.query<{ seq: number }>(movableOrders + locking, [
      ...condition,
      this.sql.list(seqs),
    ]);
    if (movable.length === 0) return [];
    const moving = this.sql.list(movable.map(({ seq }) => Number(seq)));
    await this.query(moveOrders, [...values, moving]);
    return this.query<MovedRow>(movedOrders, [moving]);
  }

  #count({ from, to, at, notBefore }: Move, row: MovedRow): void {
    const { order_id: orderId, user_id: userId, attempts: attempt } = row;
    const seq = Number(row.seq);
    const position = to === 'Pending' && notBefore === undefined && { queueSeq: Number(row.queue_seq) };
    this.moves.push({ seq, orderId, userId, from, to, attempt, at, ...position });
    this.#counters.moved(from, to);
    if (to === 'Processing' && attempt === 1)
      this.#counters.firstStarted(Math.max(0, at - Number(row.created_at)));
    if (to === 'Completed') this.#counters.completed(Math.max(0, at - Number(row.started_at)));
  }
}

/**
 * Appended to `movableOrders` to take attempts back: their owner may stand still in the middle of a transaction, which keeps
 * some of them locked, and they would hold up the others. A claim waits: what it skipped would be overtaken.
 */
const SKIPPING = ' SKIP LOCKED';

/** Cut to its column; PostgreSQL has no NUL in a text. */
function storable(reason: string): string {
  return reason.slice(0, 255).replaceAll('\0', '\uFFFD');
}
