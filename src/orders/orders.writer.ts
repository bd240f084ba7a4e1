import type { Query } from '../database/database.js';
import type { Outcome } from '../common/batcher.js';
import type { Order, OrderError, Receipt } from './order.js';
import { CounterDeltas } from './order.counters.js';
import type { OrderMove } from './order.events.js';
import { judgeRepeat, type HolderRow, type NewOrder } from './order.repeat.js';
import type { OrderStatus } from './order.status.js';
import {
  ADD_TO_COUNTERS,
  INSERT_ACCEPTED_HISTORY,
  INSERT_HISTORY,
  INSERT_ORDERS,
  MOVE_ORDERS,
  SELECT_HOLDERS,
} from './orders.sql.js';

/** One step of one order. It happens if the order is in `from` and, where `attempt` is given, still at that attempt. */
export interface Move {
  seq: number;
  from: OrderStatus;
  to: OrderStatus;
  at: number;
  attempt?: number;
  reason?: string;
  /** The process that runs the attempt, and until when it is the owner's: then it has failed (to Processing). */
  owner?: string;
  leaseUntil?: number;
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

  readonly #seqBefore: number;

  /** `lastSeq`: the last number used of the sequence that both seq and queue_seq are taken from. */
  constructor(
    private readonly query: Query,
    public lastSeq: number,
  ) {
    this.#seqBefore = lastSeq;
  }

  /** Stores the orders in this sequence; each outcome is a receipt, or the conflict with an order that is there already. */
  async insert(orders: NewOrder[], at: number): Promise<Outcome<Receipt>[]> {
    if (orders.length === 0) return [];
    const first = this.lastSeq + 1;
    this.lastSeq += orders.length;
    const rows = orders.map((o) => [o.orderId, o.idempotencyKey, o.userId, o.totalAmount, o.itemIds]);
    const stored = await this.query<{ seq: number }>(INSERT_ORDERS, [first, at, JSON.stringify(rows)]);
    await this.query(INSERT_ACCEPTED_HISTORY, [first, this.lastSeq]);
    this.#counters.moved(null, 'Pending', stored.length);
    const isNew = new Set(stored.map(({ seq }) => seq));
    const refused = orders.filter((_, index) => !isNew.has(first + index));
    const holders = refused.length > 0 ? await this.#holders(refused) : [];
    return orders.map((order, index) => {
      const seq = first + index;
      if (!isNew.has(seq)) return judgeRepeat(order, holders);
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
  async finish(): Promise<void> {
    this.#counters.numbered(this.lastSeq - this.#seqBefore);
    const deltas = this.#counters.entries();
    if (deltas.length > 0) await this.query(ADD_TO_COUNTERS, [JSON.stringify(deltas)]);
  }

  async #holders(orders: NewOrder[]): Promise<HolderRow[]> {
    const ids = orders.map(({ orderId }) => orderId);
    const keys = orders.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
    return this.query<HolderRow>(SELECT_HOLDERS, [JSON.stringify(ids), JSON.stringify(keys)]);
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
      leaseUntil = null,
      error,
      reason,
    } = like;
    const errorText = error ? JSON.stringify(error) : null;
    const queueSeq = like.requeue ? ++this.lastSeq : null;
    const seqs = JSON.stringify(moves.map(({ seq }) => seq));
    const interrupted = Number(like.interrupted ?? false);
    const values = [
      from,
      to,
      attempt,
      at,
      notBefore,
      owner,
      leaseUntil,
      errorText,
      queueSeq,
      interrupted,
      seqs,
    ];
    const moved = await this.query<MovedRow>(MOVE_ORDERS, values);
    if (moved.length === 0) return;
    for (const row of moved) {
      const move = bySeq.get(row.seq);
      if (!move) throw new Error(`order ${row.seq} moved unasked`);
      this.#count(move, row);
      results.set(move, toMovedOrder(row));
    }
    const movedSeqs = moved.length === moves.length ? seqs : JSON.stringify(moved.map(({ seq }) => seq));
    await this.query(INSERT_HISTORY, [at, from, to, reason?.slice(0, 255) ?? null, movedSeqs]);
  }

  #count({ from, to, at }: Move, row: MovedRow): void {
    const { seq, order_id: orderId, user_id: userId, attempts: attempt } = row;
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
    a.leaseUntil === b.leaseUntil &&
    a.notBefore === b.notBefore &&
    a.reason === b.reason &&
    a.interrupted === b.interrupted &&
    !(a.error ?? b.error ?? a.requeue ?? b.requeue)
  );
}

function toMovedOrder(row: MovedRow): MovedOrder {
  return {
    seq: row.seq,
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
