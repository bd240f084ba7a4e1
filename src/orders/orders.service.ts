import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { QueueService } from '../queue/queue.service.js';
import type { HistoryEntry, Order, OrderRequest, Receipt } from './order.js';
import { OrderRates } from './order.rates.js';
import type { OrderStatus } from './order.status.js';
import { OrderNotFound, WrongStatus } from './orders.errors.js';
import { OrdersReader, type OrderFilter } from './orders.reader.js';
import { OrdersStore } from './orders.store.js';

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
    private readonly rates: OrderRates,
    private readonly clock: Clock,
  ) {}

  /** Accepts an order: when this resolves it is committed, and will be processed. @throws as `OrdersStore.insert` */
  async accept(request: OrderRequest): Promise<Receipt> {
    const receipt = await this.store.insert(request);
    if (!receipt.replayed) this.queue.enqueue([{ id: receipt.seq, place: receipt.seq }]);
    return receipt;
  }

  /** Accepts each order by itself; the results stand in the order of the requests. */
  acceptAll(requests: OrderRequest[]): Promise<PromiseSettledResult<Receipt>[]> {
    return Promise.allSettled(requests.map((request) => this.accept(request)));
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

  /** Newest first. `next` continues after the last one; undefined at the end. */
  async list(filter: OrderFilter, before: number | undefined, limit: number) {
    const orders = await this.reader.list(filter, before, limit + 1);
    const hasMore = orders.length > limit;
    const page = orders.slice(0, limit);
    return { orders: page, next: hasMore ? page.at(-1)?.seq : undefined };
  }

  /** @throws OrderNotFound */
  async history(orderId: string): Promise<HistoryEntry[]> {
    const history = await this.reader.history(orderId);
    if (history.length === 0) throw new OrderNotFound(orderId);
    return history;
  }

  /** Takes a Pending order out of the line for good. @throws OrderNotFound, WrongStatus when it is too late */
  async cancel(orderId: string): Promise<OrderView> {
    const { order } = await this.get(orderId);
    const move = {
      seq: order.seq,
      from: 'Pending',
      to: 'Cancelled',
      at: this.clock.now(),
      reason: 'cancelled',
    } as const;
    if (!(await this.store.move(move)))
      throw new WrongStatus('cancelled', orderId, await this.status(orderId));
    return this.get(orderId);
  }

  /** Puts a Failed order at the tail of the queue, with all its attempts anew. @throws OrderNotFound, WrongStatus */
  async retry(orderId: string): Promise<OrderView> {
    const { order } = await this.get(orderId);
    const at = this.clock.now();
    const move = {
      seq: order.seq,
      from: 'Failed',
      to: 'Pending',
      at,
      requeue: true,
      reason: 'retried',
    } as const;
    const moved = await this.store.move(move);
    if (!moved) throw new WrongStatus('retried', orderId, await this.status(orderId));
    this.queue.enqueue([{ id: moved.seq, place: moved.queueSeq }]);
    return this.get(orderId);
  }

  async #waiting({ queueSeq }: Order): Promise<Waiting> {
    const [ahead, counts] = await Promise.all([this.reader.ahead(queueSeq), this.reader.counts()]);
    const completed = counts.byStatus.Completed;
    const averageMs = completed > 0 ? counts.processingMs / completed : undefined;
    const seconds = this.rates.secondsFor(ahead + 1, averageMs);
    return { position: ahead + 1, estimatedCompletionAt: this.clock.now() + seconds * 1000 };
  }
}
