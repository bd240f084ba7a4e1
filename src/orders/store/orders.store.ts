import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { Outcome } from '../../common/batcher.js';
import { Clock } from '../../common/clock.js';
import { tracedWork } from '../../common/tracing.js';
import { CONFIG, type Config } from '../../config.js';
import type { OrderRequest, Receipt } from '../../domain/order.js';
import { newOrderId } from '../../domain/order.id.js';
import type { TransitionRequest, TransitionedOrder } from '../../domain/order.transition.js';
import type { NewOrder } from './idempotency.rules.js';
import { isLegal } from '../../domain/order.status.js';
import { BacklogFull } from '../../domain/order.errors.js';
import { GroupCommit } from './group.commit.js';
import type { RemovalRequest } from './order.removal.js';
import type { ErasureRequest } from './order.user.erasure.js';
import { OrdersSql } from './sql/orders.sql.js';
import { TableState } from './table.state.js';

/**
 * The one place where orders are written: says which writes may be, and has `GroupCommit` make them. A resolved write is
 * durable.
 */
@Injectable()
export class OrdersStore implements OnModuleInit {
  readonly #state: TableState;
  readonly #commits: GroupCommit;
  /** Orders on their way into the table: they count, or many at once would slip past the limit. */
  #inserting = 0;

  constructor(
    private readonly sql: OrdersSql,
    private readonly clock: Clock,
    events: EventEmitter2,
    @Inject(CONFIG) private readonly config: Pick<Config, 'QUEUE_MAX_PENDING'>,
  ) {
    this.#state = new TableState(sql.database, clock);
    this.#commits = new GroupCommit(sql, clock, events, this.#state);
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
      return await this.#commits.insert(this.#orderOf(request));
    } finally {
      this.#inserting--;
    }
  }

  /** Accepts each order by itself. @returns each one's receipt or error, as `insert` would */
  async insertAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    if (this.#room < requests.length) await this.#state.refreshPending();
    const room = Math.max(0, this.#room);
    const onTime = this.#insertAll(requests.slice(0, room)); // reserves the room, so the others are late
    const late = Promise.all(requests.slice(room).map((request) => this.#insertLate(request)));
    return [...(await onTime), ...(await late)];
  }

  /** Makes one transition; undefined when the order is no longer in its `from`. @throws as `insert` */
  async transition(request: TransitionRequest): Promise<TransitionedOrder | undefined> {
    const [outcome] = await this.transitionAll([request]);
    return valueOf(outcome);
  }

  /** Makes each transition by itself. @returns each one's order or error, as `transition` would */
  async transitionAll(requests: TransitionRequest[]): Promise<Outcome<TransitionedOrder | undefined>[]> {
    for (const { from, to } of requests)
      if (!isLegal(from, to)) throw new Error(`no order goes from ${from} to ${to}`);
    return this.#commits.transition(requests);
  }

  /** Renews the leases of all that `owner` processes, by the database's clock. @throws DatabaseUnavailable */
  async renew(owner: string, leaseMs: number): Promise<void> {
    await this.#commits.renewLeases(owner, leaseMs);
  }

  /** Ends the delay of Pending orders that are due by `now`: they may start. @throws DatabaseUnavailable */
  async endDelay(seqs: number[], now: number): Promise<void> {
    await this.#commits.endDelays(seqs, now);
  }

  /** Deletes those of the orders that are final. @returns how many; 0 also without the lease. @throws DatabaseUnavailable */
  remove(request: RemovalRequest): Promise<number> {
    return this.#commits.remove(request);
  }

  /** Takes the user out of orders. @returns out of how many: not those in work. @throws DatabaseUnavailable */
  erase(request: ErasureRequest): Promise<number> {
    return this.#commits.erase(request);
  }

  /** How many more orders may be Pending. */
  get #room(): number {
    return this.config.QUEUE_MAX_PENDING - this.#state.pending - this.#inserting;
  }

  async #insertAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    this.#inserting += requests.length;
    const outcomes = await this.#commits.insertAll(requests.map((request) => this.#orderOf(request)));
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
    const { orderId } = request;
    return {
      ...request,
      orderId: orderId ?? newOrderId(this.clock.now()),
      hasOwnId: orderId !== null,
      traceParent: tracedWork()?.context,
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
    return (await this.sql.database.read(sql, [orderId, idempotencyKey, idempotencyKey])).length > 0;
  }
}

function valueOf<Value>(outcome: Outcome<Value> | undefined): Value {
  if (!outcome) throw new Error('a write without an outcome');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
