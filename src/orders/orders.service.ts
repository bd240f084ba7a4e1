import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { Outcome } from '../common/batcher.js';
import { Clock } from '../common/clock.js';
import type { QueueEntry } from '../queue/queue.driver.js';
import { QueueService } from '../queue/queue.service.js';
import type { HistoryEntry, Order, OrderRequest, Receipt } from '../domain/order.js';
import { ORDERS_TRANSITIONED, ORDERS_UNCERTAIN, type OrdersTransitioned } from '../domain/order.events.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { OrderStatus } from '../domain/order.status.js';
import { OrderNotFound, WrongStatus } from '../domain/order.errors.js';
import type { ListCursor, OrderFilter, Page } from './store/orders.pages.js';
import { OrdersReader } from './store/orders.reader.js';
import { OrdersStore } from './store/orders.store.js';
import type { FailedFilter } from './store/sql/failed.sql.js';

/** Where a Pending order stands. */
export interface Waiting {
  /** 1: the next. */
  position: number;
  estimatedCompletionAt: number;
}

export interface OrderView {
  order: Order;
  /** While Pending. */
  waiting: Waiting | undefined;
}

/** What can be done with orders, one method a use case. */
@Injectable()
export class OrdersService {
  constructor(
    private readonly store: OrdersStore,
    private readonly reader: OrdersReader,
    private readonly queue: QueueService,
    private readonly metrics: MetricsService,
    private readonly clock: Clock,
  ) {}

  /** Accepts an order: when this resolves it is committed, and will be processed. @throws as `OrdersStore.insert` */
  accept(request: OrderRequest): Promise<Receipt> {
    return this.store.insert(request);
  }

  /** Accepts each order by itself; the outcomes stand in the order of the requests. */
  acceptAll(requests: OrderRequest[]): Promise<Outcome<Receipt>[]> {
    return this.store.insertAll(requests);
  }

  /**
   * Enqueues what may start since a commit: once, in its order. Callers learn of the commit in an order that
   * depends on the route by which each came.
   */
  @OnEvent(ORDERS_TRANSITIONED)
  onOrdersTransitioned({ transitions }: OrdersTransitioned): void {
    const added: QueueEntry[] = [];
    for (const { seq, from, queueSeq } of transitions)
      if (from === null || queueSeq !== undefined) added.push({ id: seq, position: queueSeq ?? seq });
    if (added.length > 0) this.queue.enqueue(added);
  }

  /** Orders may have been stored unknown to the queue: the queue is read anew, so that they keep their position. */
  @OnEvent(ORDERS_UNCERTAIN)
  onOrdersUncertain(): void {
    this.queue.rewind();
  }

  /** @throws OrderNotFound */
  async get(orderId: string): Promise<OrderView> {
    const order = await this.reader.get(orderId);
    if (!order) throw new OrderNotFound(orderId);
    return { order, waiting: order.status === 'Pending' ? await this.#waiting(order) : undefined };
  }

  /** @throws OrderNotFound */
  async status(orderId: string): Promise<OrderStatus> {
    const status = await this.reader.status(orderId);
    if (!status) throw new OrderNotFound(orderId);
    return status;
  }

  /** Newest first. `next` continues after the page; undefined at the end. */
  list(filter: OrderFilter, cursor: ListCursor | undefined, limit: number): Promise<Page> {
    return this.reader.list(filter, cursor, limit);
  }

  /** @throws OrderNotFound */
  async history(orderId: string): Promise<HistoryEntry[]> {
    const history = await this.reader.history(orderId);
    if (history.length === 0) throw new OrderNotFound(orderId);
    return history;
  }

  /** Takes a Pending order out of the queue for good. @throws OrderNotFound, WrongStatus when it is too late */
  async cancel(orderId: string): Promise<OrderView> {
    const { order } = await this.get(orderId);
    const at = this.clock.now();
    const cancel = { seq: order.seq, from: 'Pending', to: 'Cancelled', at, reason: 'cancelled' } as const;
    if (!(await this.store.transition(cancel)))
      throw new WrongStatus('cancelled', orderId, await this.status(orderId));
    return this.get(orderId);
  }

  /** Puts a Failed order at the tail of the queue, with all its attempts anew. @throws OrderNotFound, WrongStatus */
  async retry(orderId: string): Promise<OrderView> {
    const { order } = await this.get(orderId);
    if (!(await this.#retry(order.seq)))
      throw new WrongStatus('retried', orderId, await this.status(orderId));
    return this.get(orderId);
  }

  /**
   * Retries Failed orders, oldest first, at most `limit`. Each by itself, so that a crash half-way loses nothing.
   * @returns how many, and whether there are more
   */
  async retryAll(filter: FailedFilter, limit: number): Promise<{ retried: number; hasMore: boolean }> {
    const failed = await this.reader.failed(filter, limit + 1);
    const results = await Promise.all(failed.slice(0, limit).map((seq) => this.#retry(seq)));
    return { retried: results.filter(Boolean).length, hasMore: failed.length > limit };
  }

  async #retry(seq: number): Promise<boolean> {
    const at = this.clock.now();
    const redrive = { seq, from: 'Failed', to: 'Pending', at, requeue: true, reason: 'retried' } as const;
    return (await this.store.transition(redrive)) !== undefined;
  }

  async #waiting({ queueSeq }: Order): Promise<Waiting> {
    const [ahead, msUntilDone] = await Promise.all([this.reader.ahead(queueSeq), this.metrics.estimator()]);
    const position = ahead + 1;
    return { position, estimatedCompletionAt: this.clock.now() + msUntilDone(position) };
  }
}
