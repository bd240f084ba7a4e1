import type { Query } from '../database/database.js';
import type { Outcome } from '../common/batcher.js';
import type { Order, OrderError, Receipt } from './order.js';
import { CounterDeltas } from './order.counters.js';
import type { OrderMove } from './order.events.js';
import { judgeRepeat, type HolderRow, type NewOrder } from './order.repeat.js';
import type { OrderStatus } from './order.status.js';
import type { OrdersSql } from './sql/orders.sql.js';

/** One step of one order. It happens if the order is in `from` and, where `attempt` is given, still at that attempt. */
export interface Move {
  seq: number;
  from: OrderStatus;
  to: OrderStatus;
  at: number;
  attempt?: number;
  reason?: string;
  /** The process that runs the attempt, and for how long it is the owner's unless renewed (to Processing). */
  owner?: string;
  leaseMs?: number;
  /** Not to be started before this instant (to Pending). */
  notBefore?: number;
  /** Why the attempt failed (to Pending or Failed). */
  error?: OrderError;
  /** True when the attempt was cut off by a crash (to Pending). */
  interrupted?: boolean;
  /** True to stand at the tail of the queue again (to Pending). */
  requeue?: boolean;
}

/** An order just moved. `itemIds` only when it moved to Processing, for the one who processes it. */
export type MovedOrder = Pick<
  Order,
  'seq' | 'orderId' | 'userId' | 'itemIds' | 'totalAmount' | 'status' | 'attempts' | 'failures' | 'queueSeq'
>;

interface MovedRow {
  seq: number;
  order_id: string;
  user_id: string;
  total_amount: number;
  status: OrderStatus;
  attempts: number;
  failures: number;
  queue_seq: number;
  created_at: number;
  started_at: number | null;
  item_ids: string | null;
}

/** The writing of one transaction: rows, their history, and the counters, which it gathers until `finish`. */
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

  /** Stores the orders in this sequence; each outcome is a receipt, or the conflict with an order that is there already. */
  async insert(orders: NewOrder[], at: number): Promise<Outcome<Receipt>[]> {
    if (orders.length === 0) return [];
    const stored = await (this.sql.acceptOrders ? this.#accept(orders, at) : this.#store(orders, at));
    const seqs = orders.map(({ orderId }) => {
      const seq = stored.get(orderId);
      stored.delete(orderId); // another one with its id, in the same batch, is a repeat
      return seq;
    });
    const refused = orders.filter((_, index) => seqs[index] === undefined);
    const holders = refused.length > 0 ? await this.#holders(refused) : [];
    return orders.map((order, index) => {
      const seq = seqs[index];
      if (seq === undefined) return judgeRepeat(order, holders);
      const { orderId, userId } = order;
      this.moves.push({ seq, orderId, userId, from: null, to: 'Pending', attempt: 0, at });
      return { value: { seq, orderId, status: 'Pending', replayed: false } };
    });
  }

  /** Makes the moves, first come first served where two want the same order; undefined for one that came too late. */
  async move(moves: Move[]): Promise<(MovedOrder | undefined)[]> {
    const results = new Map<Move, MovedOrder>();
    for (let left = moves; left.length > 0;) {
      const bySeq = new Map<number, Move>();
      const later = left.filter((move) => bySeq.has(move.seq) || !bySeq.set(move.seq, move));
      for (const alike of runsOfAlike(bySeq.values())) await this.#moveAlike(alike, bySeq, results);
      left = later;
    }
    return moves.map((move) => results.get(move));
  }

  /** Writes what was gathered; the transaction is then complete. */
  async finish(numbersUsed: number): Promise<void> {
    this.#counters.numbered(numbersUsed);
    const deltas = this.#counters.entries(this.slot);
    if (deltas.length > 0) await this.query(this.sql.addToCounters, [JSON.stringify(deltas)]);
  }

  /** @returns the numbers of those that were stored, by their ids */
  async #store(orders: NewOrder[], at: number): Promise<Map<string, number>> {
    const idBySeq = new Map(orders.map(({ orderId }) => [this.#number(), orderId]));
    const rows = [...idBySeq.keys()].map((seq, index) => [seq, ...this.#row(orders[index])]);
    const inserted = await this.query<{ seq: number }>(this.sql.insertOrders, [at, JSON.stringify(rows)]);
    const { storedOrders } = this.sql;
    const stored = storedOrders
      ? await this.query<{ seq: number }>(storedOrders, [this.sql.list([...idBySeq.keys()])])
      : inserted;
    const seqs = stored.map(({ seq }) => Number(seq));
    if (seqs.length > 0) await this.query(this.sql.insertAcceptedHistory, [this.sql.list(seqs)]);
    this.#counters.moved(null, 'Pending', seqs.length);
    return new Map(seqs.map((seq) => [idBySeq.get(seq) ?? '', seq]));
  }

  /** The same in one statement, where the database can. */
  async #accept(orders: NewOrder[], at: number): Promise<Map<string, number>> {
    const rows = JSON.stringify(orders.map((order) => this.#row(order)));
    const sql = this.sql.acceptOrders ?? '';
    const stored = await this.query<{ seq: number; order_id: string }>(sql, [rows, at, this.slot]);
    return new Map(stored.map(({ seq, order_id }) => [order_id, Number(seq)]));
  }

  #row(order: NewOrder | undefined): unknown[] {
    if (!order) return [];
    const { orderId, idempotencyKey, userId, totalAmount, itemIds } = order;
    return [orderId, idempotencyKey, userId, totalAmount, this.sql.items(itemIds)];
  }

  async #holders(orders: NewOrder[]): Promise<HolderRow[]> {
    const ids = orders.map(({ orderId }) => orderId);
    const keys = orders.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
    return this.query<HolderRow>(this.sql.selectHolders, [this.sql.list(ids), this.sql.list(keys)]);
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
    const values = [from, to, attempt, at, notBefore, owner, leaseMs, errorText, queueSeq, interrupted];
    const moved = await this.#update(
      values,
      from,
      attempt,
      moves.map(({ seq }) => seq),
    );
    if (moved.length === 0) return;
    for (const row of moved) {
      const move = bySeq.get(Number(row.seq));
      if (!move) throw new Error(`order ${row.seq} moved unasked`);
      this.#count(move, row);
      results.set(move, toMovedOrder(row));
    }
    const movedSeqs = this.sql.list(moved.map(({ seq }) => Number(seq)));
    await this.query(this.sql.insertHistory, [at, from, to, reason ? storable(reason) : null, movedSeqs]);
  }

  async #update(
    values: unknown[],
    from: OrderStatus,
    attempt: number | null,
    seqs: number[],
  ): Promise<MovedRow[]> {
    const { movableOrders, moveOrders, movedOrders } = this.sql;
    if (!movableOrders || !movedOrders)
      return this.query<MovedRow>(moveOrders, [...values, this.sql.list(seqs)]);
    const movable = await this.query<{ seq: number }>(movableOrders, [
      from,
      attempt,
      attempt,
      this.sql.list(seqs),
    ]);
    if (movable.length === 0) return [];
    const moving = this.sql.list(movable.map(({ seq }) => Number(seq)));
    await this.query(moveOrders, [...values, moving]);
    return this.query<MovedRow>(movedOrders, [moving]);
  }

  #count({ from, to, at }: Move, row: MovedRow): void {
    const { order_id: orderId, user_id: userId, attempts: attempt } = row;
    const seq = Number(row.seq);
    this.moves.push({ seq, orderId, userId, from, to, attempt, at });
    this.#counters.moved(from, to);
    if (to === 'Processing' && attempt === 1)
      this.#counters.firstStarted(Math.max(0, at - Number(row.created_at)));
    if (to === 'Completed') this.#counters.completed(Math.max(0, at - Number(row.started_at)));
  }
}

/** Moves that differ in nothing but the order, in runs: each goes into one statement. */
function runsOfAlike(moves: Iterable<Move>): Move[][] {
  const runs: Move[][] = [];
  for (const move of moves) {
    const run = runs.at(-1);
    if (run?.[0] && isAlike(run[0], move)) run.push(move);
    else runs.push([move]);
  }
  return runs;
}

/** One with an error or a new place in line is like no other. */
function isAlike(a: Move, b: Move): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.at === b.at &&
    a.attempt === b.attempt &&
    a.owner === b.owner &&
    a.leaseMs === b.leaseMs &&
    a.notBefore === b.notBefore &&
    a.reason === b.reason &&
    a.interrupted === b.interrupted &&
    !(a.error ?? b.error ?? a.requeue ?? b.requeue)
  );
}

/** Cut to its column; PostgreSQL has no NUL in a text. */
function storable(reason: string): string {
  return reason.slice(0, 255).replaceAll('\0', '\uFFFD');
}

function toMovedOrder(row: MovedRow): MovedOrder {
  return {
    seq: Number(row.seq),
    orderId: row.order_id,
    userId: row.user_id,
    itemIds: row.item_ids ? (JSON.parse(row.item_ids) as string[]) : [],
    totalAmount: Number(row.total_amount),
    status: row.status,
    attempts: row.attempts,
    failures: row.failures,
    queueSeq: Number(row.queue_seq),
  };
}
