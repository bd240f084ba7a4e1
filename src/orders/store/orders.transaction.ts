import type { Query } from '../../database/database.js';
import type { OrderTransition } from '../../domain/order.events.js';
import type { TransitionRequest, TransitionedOrder } from '../../domain/order.transition.js';
import { CounterDeltas, DELETED } from '../../metrics/order.counters.js';
import type { NewOrder } from './idempotency.rules.js';
import { removeOrders, type RemovalRequest } from './order.removal.js';
import { eraseUser, type ErasureRequest } from './order.user.erasure.js';
import type { OrdersSql } from './sql/orders.sql.js';
import { draw } from './sql/statements.js';
import { runsOfAlike, toTransitionedOrder, type TransitionedRow } from './transition.rows.js';

/**
 * What one transaction writes: new orders, transitions with their history, and the counters, which it gathers until
 * `complete`. Tells after it what is to be announced.
 */
export class OrdersTransaction {
  /** In the order of the commit. */
  readonly transitions: OrderTransition[] = [];
  /** How many orders. */
  deleted = 0;
  readonly #counters = new CounterDeltas();

  /** @param numbers for requeued orders and, unless the database draws them itself, for new ones */
  constructor(
    private readonly query: Query,
    private readonly sql: OrdersSql,
    private readonly numbers: Iterator<number>,
  ) {}

  /** Stores the orders in this sequence. @returns each one's seq, null where its id or key is taken */
  async insert(orders: NewOrder[], at: number): Promise<(number | null)[]> {
    if (orders.length === 0) return [];
    const seqs = await this.sql.insertOrders(this.query, orders, at, this.numbers);
    orders.forEach(({ orderId, userId }, index) => {
      const seq = seqs[index];
      if (seq) this.transitions.push({ seq, orderId, userId, from: null, to: 'Pending', attempt: 0, at });
    });
    return seqs;
  }

  /** Makes the transitions, first come first served where two want the same order; undefined for one that came too late. */
  async transition(requests: TransitionRequest[]): Promise<(TransitionedOrder | undefined)[]> {
    const results = new Map<TransitionRequest, TransitionedOrder>();
    for (let left = requests; left.length > 0;) {
      const bySeq = new Map<number, TransitionRequest>();
      const repeat = left.findIndex((request) => bySeq.has(request.seq) || !bySeq.set(request.seq, request));
      for (const alike of runsOfAlike(bySeq.values()))
        for (const row of await this.#make(alike)) {
          const request = bySeq.get(Number(row.seq));
          if (!request) throw new Error(`order ${row.seq} made a transition that nobody asked for`);
          const order = toTransitionedOrder(row);
          this.#note(request, order);
          results.set(request, order);
        }
      left = repeat === -1 ? [] : left.slice(repeat); // what follows it waits too: each in its turn
    }
    return requests.map((request) => results.get(request));
  }

  async endDelays(seqs: number[], now: number): Promise<void> {
    await this.sql.endDelays(this.query, seqs, now);
  }

  async renewLeases(owner: string, leaseMs: number): Promise<void> {
    await this.sql.renewLeases(this.query, owner, leaseMs);
  }

  /** Deletes orders that are final. @returns how many of them */
  async remove(request: RemovalRequest): Promise<number> {
    const deltas = new CounterDeltas();
    const removed = await removeOrders(this.query, this.sql, request, deltas);
    this.#counters.addAll(deltas.entries(), DELETED);
    this.deleted += removed;
    return removed;
  }

  /** Takes a user out of orders. @returns out of how many */
  erase(request: ErasureRequest): Promise<number> {
    return eraseUser(this.query, this.sql, request);
  }

  /** Writes the counters: the transaction is then complete. */
  async complete(): Promise<void> {
    const deltas = this.#counters.entries();
    if (deltas.length > 0) await this.sql.addToCounters(this.query, deltas);
  }

  async #make(alike: TransitionRequest[]): Promise<TransitionedRow[]> {
    const [like] = alike;
    if (!like) return [];
    const [queueSeq = null] = like.requeue ? draw(this.numbers, 1) : [];
    return this.sql.transition(
      this.query,
      alike.map(({ seq }) => seq),
      like,
      queueSeq,
    );
  }

  #note({ from, to, at, notBefore, reason }: TransitionRequest, order: TransitionedOrder): void {
    const { seq, orderId, userId, attempts: attempt, queueSeq, createdAt, startedAt } = order;
    const position = to === 'Pending' && notBefore === undefined && { queueSeq };
    this.transitions.push({ seq, orderId, userId, from, to, attempt, at, ...position });
    this.#counters.add({ from, to, attempt, at, createdAt, startedAt, reason: reason ?? null });
  }
}
