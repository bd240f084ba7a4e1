import { getHeapStatistics } from 'node:v8';
import { Logger } from '@nestjs/common';
import type { EventEmitter2 } from '@nestjs/event-emitter';
import { Batcher, type Outcome } from '../../common/batcher.js';
import type { Clock } from '../../common/clock.js';
import { DatabaseUnavailable } from '../../database/database.js';
import {
  ORDERS_DELETED,
  ORDERS_TRANSITIONED,
  ORDERS_UNCERTAIN,
  type OrdersTransitioned,
} from '../../domain/order.events.js';
import type { Receipt } from '../../domain/order.js';
import type { TransitionRequest, TransitionedOrder } from '../../domain/order.transition.js';
import type { NewOrder } from './idempotency.rules.js';
import { Idempotency } from './idempotency.js';
import type { RemovalRequest } from './order.removal.js';
import type { ErasureRequest } from './order.user.erasure.js';
import { OrdersTransaction } from './orders.transaction.js';
import type { OrdersSql } from './sql/orders.sql.js';
import type { TableState } from './table.state.js';
import {
  DelayEnd,
  Erasure,
  Insert,
  LeaseRenewal,
  Operation,
  Removal,
  Transition,
  type AnyWrite,
} from './writes.js';

/** Characters of orders in one commit: what is made of them on the way to the database is a few times as much. */
const MOST_COMMITTED = 2 * 1024 * 1024;

/** A character of an item id is at most so many bytes of a statement: it is JSON inside of JSON there. */
const BYTES_A_CHARACTER = 4;

/** What waits to be written, in characters, as a part of the heap. Requests keep their bodies besides, until they are answered. */
const WAITING_PART_OF_HEAP = 1 / 8;

/**
 * The way of every write into the table: whatever arrives together is one transaction and one sync of the disk. A
 * resolved write is durable, with its history and the counters; what a commit made is announced after it.
 */
export class GroupCommit {
  readonly #logger = new Logger(GroupCommit.name);
  readonly #inserts: Batcher<AnyWrite, unknown>;
  /** Everything but new orders. All of it is one stream: beside each other they would lock the same rows in another order. */
  readonly #others: Batcher<AnyWrite, unknown>;
  readonly #idempotency: Idempotency;

  constructor(
    private readonly sql: OrdersSql,
    private readonly clock: Clock,
    private readonly events: EventEmitter2,
    private readonly state: TableState,
  ) {
    this.#idempotency = new Idempotency(sql);
    const { insertCommits } = sql;
    this.#others = this.#batcher(1, true);
    this.#inserts = insertCommits === 0 ? this.#others : this.#batcher(insertCommits, false);
  }

  async insert(order: NewOrder): Promise<Receipt> {
    const write = new Insert(order);
    await this.#inserts.add(write);
    return write.result;
  }

  async insertAll(orders: NewOrder[]): Promise<Outcome<Receipt>[]> {
    const writes = orders.map((order) => new Insert(order));
    return outcomesOf(writes, await this.#inserts.addAll(writes));
  }

  async transition(requests: TransitionRequest[]): Promise<Outcome<TransitionedOrder | undefined>[]> {
    const writes = requests.map((request) => new Transition(request));
    return outcomesOf(writes, await this.#others.addAll(writes));
  }

  async renewLeases(owner: string, leaseMs: number): Promise<void> {
    await this.#others.add(new LeaseRenewal(owner, leaseMs));
  }

  async endDelays(seqs: number[], now: number): Promise<void> {
    await this.#others.add(new DelayEnd(seqs, now));
  }

  async remove(request: RemovalRequest): Promise<number> {
    const write = new Removal(request);
    await this.#others.add(write);
    return write.result;
  }

  async erase(request: ErasureRequest): Promise<number> {
    const write = new Erasure(request);
    await this.#others.add(write);
    return write.result;
  }

  #batcher(maxFlushes: number, gathers: boolean): Batcher<AnyWrite, unknown> {
    return new Batcher<AnyWrite, unknown>((writes) => this.#commit(writes), {
      maxBatch: 500,
      maxWaiting: 20_000,
      maxFlushes,
      gathers,
      isShared: (error) => error instanceof DatabaseUnavailable,
      size: {
        of: ({ size }) => size,
        maxBatch: Math.min(MOST_COMMITTED, this.sql.database.maxStatementBytes / BYTES_A_CHARACTER),
        maxWaiting: getHeapStatistics().heap_size_limit * WAITING_PART_OF_HEAP,
      },
      clock: this.clock,
    });
  }

  async #commit(writes: AnyWrite[]): Promise<Outcome<unknown>[]> {
    const inserts = writes.filter((write) => write instanceof Insert);
    await this.state.expectKnown();
    const at = Math.max(this.clock.now(), this.state.lastCreatedAt); // acceptance times never run backwards
    const beganMs = this.clock.monotonicMs();
    const { seqs, transitions, deleted } = await this.#write(writes, inserts, at);
    const commitMs = this.clock.monotonicMs() - beganMs;
    this.state.committed(transitions, at);
    // before anything is waited for: in the order of the commits
    if (transitions.length > 0) this.#announce(ORDERS_TRANSITIONED, { transitions, commitMs });
    if (deleted > 0) this.#announce(ORDERS_DELETED);
    await this.#answer(inserts, seqs);
    return writes.map(({ outcome }) => outcome);
  }

  /** In one transaction. @returns the seq of each inserted order, and what is to be announced */
  async #write(writes: AnyWrite[], inserts: Insert[], at: number) {
    const requests = writes.filter((write) => write instanceof Transition);
    const requeued = requests.filter(({ request }) => request.requeue).length;
    const demand = { orders: inserts.length, requeued, isMore: inserts.length < writes.length };
    try {
      return await this.sql.transaction(demand, async (query, numbers) => {
        const transaction = new OrdersTransaction(query, this.sql, numbers);
        const orders = inserts.map(({ order }) => order);
        const seqs = await transaction.insert(orders, at);
        const made = await transaction.transition(requests.map(({ request }) => request));
        requests.forEach((write, index) => (write.outcome = { value: made[index] }));
        for (const write of writes) if (write instanceof Operation) await write.apply(transaction);
        await transaction.complete();
        return { seqs, transitions: transaction.transitions, deleted: transaction.deleted };
      });
    } catch (error) {
      this.state.forget();
      this.events.emit(ORDERS_UNCERTAIN);
      throw error;
    }
  }

  /** Those that were left out repeat an order that is there, or conflict with it. */
  async #answer(inserts: Insert[], seqs: (number | null)[]): Promise<void> {
    const repeats: Insert[] = [];
    inserts.forEach((write, index) => {
      const seq = seqs[index];
      const { orderId } = write.order;
      if (seq) write.outcome = { value: { seq, orderId, status: 'Pending', replayed: false } };
      else repeats.push(write);
    });
    if (repeats.length === 0) return;
    const answers = await this.#idempotency.answer(repeats.map(({ order }) => order));
    repeats.forEach((write, index) => {
      write.outcome = answers[index] ?? { error: new Error('a repeat without an answer') };
    });
  }

  /** The commit stands whatever a listener does with the news. */
  #announce(event: string, news?: OrdersTransitioned): void {
    try {
      this.events.emit(event, news);
    } catch (error) {
      this.#logger.error(error);
    }
  }
}

/** What was refused before its commit has no other outcome than that. */
function outcomesOf<Result>(
  writes: { outcome: Outcome<Result> }[],
  given: Outcome<unknown>[],
): Outcome<Result>[] {
  return writes.map(({ outcome }, index) => {
    const own = given[index];
    return own && 'error' in own ? own : outcome;
  });
}
