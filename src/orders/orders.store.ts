import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { Outcome } from '../common/batcher.js';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { Database } from '../database/database.js';
import type { OrderRequest, Receipt } from './order.js';
import { newOrderId } from './order.id.js';
import type { Move, MovedOrder } from './order.move.js';
import type { NewOrder } from './order.repeat.js';
import { isLegal } from './order.status.js';
import { BacklogFull } from './orders.errors.js';
import { OrdersLane } from './orders.lane.js';
import { TableState } from './table.state.js';

/**
 * The one place where orders are written: says which writes may be, and has `OrdersLane` make them. A resolved write is
 * durable.
 */
@Injectable()
export class OrdersStore implements OnModuleInit {
  readonly #state: TableState;
  readonly #lane: OrdersLane;
  /** Orders on their way into the table: they count, or many at once would slip past the limit. */
  #inserting = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    events: EventEmitter2,
    @Inject(CONFIG) private readonly config: Pick<Config, 'QUEUE_MAX_PENDING'>,
  ) {
    this.#state = new TableState(database, clock);
    this.#lane = new OrdersLane(database, clock, events, this.#state);
  }

  async onModuleInit(): Promise<void> {
    await this.#state.read();
  }

  /**
   * Accepts an order. Resolves after the commit.
   * @throws OrderIdConflict, IdempotencyKeyConflict; BacklogFull, BatcherFull, DatabaseUnavailable: nothing is promised,
   *   try again (if the order was stored after all, that is a repeat)
   */
  async insert(request: OrderRequest): Promise<Receipt> {
    if (this.#room < 1) await this.#state.refreshPending(); // others may have made room
    if (this.#room < 1) await this.#expectRepeat(request);
    this.#inserting++;
    try {
      return await this.#lane.insert(this.#orderOf(request));
    } finally {
      this.#inserting--;
    }
  }

  /** Accepts each order by itself. @returns each one's receipt or error, as `insert` would */
  async insertAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    if (this.#room < requests.length) await this.#state.refreshPending();
    const room = Math.max(0, this.#room);
    const onTime = this.#insertAll(requests.slice(0, room)); // takes the room, and only then are the others late
    const late = Promise.all(requests.slice(room).map((request) => this.#insertLate(request)));
    return [...(await onTime), ...(await late)];
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
    return this.#lane.move(moves);
  }

  /** Renews the leases of all that `owner` processes, by the database's clock. @throws DatabaseUnavailable */
  async renew(owner: string, leaseMs: number): Promise<void> {
    await this.#lane.renew({ owner, leaseMs });
  }

  /** Ends the delay of Pending orders that are due by `now`: they may start. @throws DatabaseUnavailable */
  async endDelay(seqs: number[], now: number): Promise<void> {
    await this.#lane.endDelay({ seqs, now });
  }

  /** How many more orders may be Pending. */
  get #room(): number {
    return this.config.QUEUE_MAX_PENDING - this.#state.pending - this.#inserting;
  }

  async #insertAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    this.#inserting += requests.length;
    const outcomes = await this.#lane.insertAll(requests.map((request) => this.#orderOf(request)));
    this.#inserting -= requests.length;
    return outcomes;
  }

  async #insertLate(request: OrderRequest): Promise<Outcome<Receipt>> {
    try {
      return { value: await this.insert(request) };
    } catch (error) {
      return { error };
    }
  }

  #orderOf(request: OrderRequest): NewOrder {
    const { orderId, idempotencyKey, userId, itemIds, totalAmount } = request;
    return {
      orderId: orderId ?? newOrderId(this.clock.now()),
      hasOwnId: orderId !== null,
      idempotencyKey,
      userId,
      itemIds,
      totalAmount,
    };
  }

  /** The backlog is full: only what is there already is accepted, again. */
  async #expectRepeat(request: OrderRequest): Promise<void> {
    if (!(await this.#isRepeat(request))) throw new BacklogFull(this.config.QUEUE_MAX_PENDING);
  }

  /** Whether the id or the key belongs to an order already: the answer tells which, and nothing is added to the backlog. */
  async #isRepeat({ orderId, idempotencyKey }: OrderRequest): Promise<boolean> {
    const sql = `
      SELECT 1 FROM orders WHERE order_id = ?
      UNION ALL SELECT 1 FROM orders WHERE idempotency_key = ?
      UNION ALL SELECT 1 FROM order_keys WHERE idempotency_key = ?`;
    return (await this.database.read(sql, [orderId, idempotencyKey, idempotencyKey])).length > 0;
  }
}

function valueOf<Value>(outcome: Outcome<Value> | undefined): Value {
  if (!outcome) throw new Error('a write without an outcome');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
