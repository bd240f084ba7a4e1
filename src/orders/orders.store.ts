import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Batcher, type Outcome } from '../common/batcher.js';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { Database, DatabaseUnavailable } from '../database/database.js';
import type { OrderRequest, Receipt } from './order.js';
import { ORDERS_MOVED, ORDERS_UNCERTAIN, type OrdersMoved } from './order.events.js';
import { newOrderId } from './order.id.js';
import { drawNumbers, numbersAfter } from './order.numbers.js';
import { BacklogFull } from './orders.errors.js';
import { isLegal } from './order.status.js';
import type { NewOrder } from './order.repeat.js';
import { ordersSql, type OrdersSql } from './sql/orders.sql.js';
import { OrdersWriter, type Move, type MovedOrder } from './orders.writer.js';

/** One write on its way through the lane. */
type Write = { insert: NewOrder } | { move: Move };

/** Of the counters: few enough to sum up at every question, enough that few transactions at once meet in one. */
const SLOTS = 32;

/** How old the number of Pending orders may be, where other processes change it too. */
const PENDING_AGE_MS = 1000;

/**
 * The one place where orders are written, and its one lane: whatever arrives together is one transaction and one sync
 * of the disk. Promises that a resolved write is durable, with its history and the counters, and announces it after.
 */
@Injectable()
export class OrdersStore implements OnModuleInit {
  readonly #logger = new Logger(OrdersStore.name);
  readonly #lane = new Batcher<Write, Receipt | MovedOrder | undefined>((writes) => this.#commit(writes), {
    maxBatch: 500,
    maxWaiting: 20_000,
    isShared: (error) => error instanceof DatabaseUnavailable,
  });
  /** Whether the three below agree with the table; after a failed commit nobody knows. */
  #isLoaded = false;
  #lastSeq = 0;
  #lastCreatedAt = 0;
  #pending = 0;
  #loadedMs = -Infinity;
  readonly #sql: OrdersSql;
  /** Orders on their way into the table: they count, or many at once would slip past the limit. */
  #inserting = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly events: EventEmitter2,
    @Inject(CONFIG) private readonly config: Pick<Config, 'QUEUE_MAX_PENDING'>,
  ) {
    this.#sql = ordersSql(database.dialect);
  }

  async onModuleInit(): Promise<void> {
    await this.#load();
  }

  /**
   * Accepts an order. Resolves after the commit.
   * @throws OrderIdConflict, IdempotencyKeyConflict; BacklogFull, BatcherFull, DatabaseUnavailable: nothing is promised,
   *   try again (if the order was stored after all, that is a repeat)
   */
  async insert(request: OrderRequest): Promise<Receipt> {
    const [outcome] = await this.insertAll([request]);
    return valueOf(outcome);
  }

  /** Accepts each order by itself. @returns each one's receipt or error, as `insert` would */
  async insertAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    const room = Math.max(0, this.config.QUEUE_MAX_PENDING - this.#pending - this.#inserting);
    if (requests.length <= room) return this.#insertAll(requests);
    const late = requests.slice(room).map((request) => this.#insertRepeat(request));
    return (await Promise.all([this.#insertAll(requests.slice(0, room)), ...late])).flat();
  }

  /** Makes one move; undefined when the order is no longer where the move starts. @throws as `insert` */
  async move(move: Move): Promise<MovedOrder | undefined> {
    const [outcome] = await this.moveAll([move]);
    return valueOf(outcome);
  }

  /** Makes each move by itself. @returns each one's order or error, as `move` would */
  async moveAll(moves: Move[]): Promise<Outcome<MovedOrder | undefined>[]> {
    for (const { from, to } of moves)
      if (!isLegal(from, to)) throw new Error(`no order moves from ${from} to ${to}`);
    const outcomes = await this.#lane.addAll(moves.map((move) => ({ move })));
    return outcomes as Outcome<MovedOrder | undefined>[]; // a move's outcome is the order
  }

  async #insertAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    const now = this.clock.now();
    const writes = requests.map((request) => ({
      insert: { ...request, hasOwnId: request.orderId !== null, orderId: request.orderId ?? newOrderId(now) },
    }));
    this.#inserting += writes.length;
    const outcomes = await this.#lane.addAll(writes);
    this.#inserting -= writes.length;
    return outcomes as Outcome<Receipt>[]; // an insert's outcome is a receipt
  }

  /** The backlog is full: only what is there already is accepted, again. */
  async #insertRepeat(request: OrderRequest): Promise<Outcome<Receipt>[]> {
    try {
      if (await this.#isRepeat(request)) return await this.#insertAll([request]);
      return [{ error: new BacklogFull(this.config.QUEUE_MAX_PENDING) }];
    } catch (error) {
      return [{ error }];
    }
  }

  /** Renews the leases of all that `owner` processes, by the database's clock. @throws DatabaseUnavailable */
  async renew(owner: string, leaseMs: number): Promise<void> {
    await this.database.transaction((query) =>
      query(
        `UPDATE orders SET lease_until = ${this.#sql.now} + ${leaseMs} WHERE status = 'Processing' AND owner = ?`,
        [owner],
      ),
    );
  }

  /** Whether the id or the key belongs to an order already: the answer tells which, and nothing is added to the backlog. */
  async #isRepeat({ orderId, idempotencyKey }: OrderRequest): Promise<boolean> {
    const sql = 'SELECT 1 FROM orders WHERE order_id = ? OR idempotency_key = ?';
    return (await this.database.read(sql, [orderId, idempotencyKey])).length > 0;
  }

  async #commit(writes: Write[]): Promise<Outcome<Receipt | MovedOrder | undefined>[]> {
    const inserts = writes.flatMap((write) => ('insert' in write ? write.insert : []));
    const moves = writes.flatMap((write) => ('move' in write ? write.move : []));
    const isOld = this.database.isShared && this.clock.monotonicMs() - this.#loadedMs > PENDING_AGE_MS;
    if (!this.#isLoaded || isOld) await this.#load();
    const at = Math.max(this.clock.now(), this.#lastCreatedAt); // acceptance times never run backwards
    const requeues = moves.filter(({ requeue }) => requeue).length;
    const count = requeues + (this.#sql.acceptOrders ? 0 : inserts.length);
    const numbers = this.database.isShared
      ? await drawNumbers(this.database, count)
      : numbersAfter(this.#lastSeq, count);
    const { writer, receipts, moved } = await this.#transaction(inserts, moves, at, numbers);
    this.#lastSeq += count;
    this.#lastCreatedAt = at;
    for (const { from, to } of writer.moves)
      this.#pending += Number(to === 'Pending') - Number(from === 'Pending');
    if (writer.moves.length > 0) this.#announce({ moves: writer.moves });
    return inTurn(writes, receipts, moved);
  }

  /** The commit stands whatever a listener does with the news. */
  #announce(news: OrdersMoved): void {
    try {
      this.events.emit(ORDERS_MOVED, news);
    } catch (error) {
      this.#logger.error(error);
    }
  }

  async #transaction(inserts: NewOrder[], moves: Move[], at: number, numbers: number[]) {
    const slot = this.database.isShared ? Math.floor(Math.random() * SLOTS) : 0;
    try {
      return await this.database.transaction(async (query) => {
        const writer = new OrdersWriter(query, this.#sql, numbers, slot);
        const receipts = await writer.insert(inserts, at);
        const moved = await writer.move(moves);
        await writer.finish(this.database.isShared ? 0 : numbers.length);
        return { writer, receipts, moved };
      });
    } catch (error) {
      this.#isLoaded = false;
      this.events.emit(ORDERS_UNCERTAIN);
      throw error;
    }
  }

  async #load(): Promise<void> {
    const counters = new Map(
      (
        await this.database.read<{ name: string; value: number }>(
          `SELECT name, SUM(value) AS value FROM order_counters WHERE name IN ('last_seq', 'Pending') GROUP BY name`,
        )
      ).map(({ name, value }) => [name, Number(value)]),
    );
    const [newest] = await this.database.read<{ at: number }>(
      'SELECT created_at AS at FROM orders ORDER BY seq DESC LIMIT 1',
    );
    this.#lastSeq = counters.get('last_seq') ?? 0;
    this.#pending = counters.get('Pending') ?? 0;
    this.#lastCreatedAt = Number(newest?.at ?? 0);
    this.#isLoaded = true;
    this.#loadedMs = this.clock.monotonicMs();
  }
}

function valueOf<Value>(outcome: Outcome<Value> | undefined): Value {
  if (!outcome) throw new Error('a write without an outcome');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** The outcomes of inserts and moves in the order in which they were asked for. */
function inTurn(writes: Write[], receipts: Outcome<Receipt>[], moved: (MovedOrder | undefined)[]) {
  let inserts = 0;
  let moves = 0;
  return writes.map((write) => {
    if ('move' in write) return { value: moved[moves++] };
    return receipts[inserts++] ?? { error: new Error('an insert without an outcome') };
  });
}
