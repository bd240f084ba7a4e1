import { get, until } from './client.js';
import type { HeldWork, Outcome } from './held.work.js';

/** The server under test, in whatever process, and the work that it has done. */
export interface System {
  readonly url: string;
  readonly work: HeldWork;
  /** Stops it, gracefully or not, and starts it again on the same database. */
  restart(): Promise<void>;
}

export const SLOTS = 2;
export const MAX_ATTEMPTS = 3;

/** What the model knows of an order. */
export interface ModelOrder {
  content: number;
  status: string;
  failures: number;
  /** Pending, and not to be started within the hour. */
  isPostponed: boolean;
  wasStarted: boolean;
}

/**
 * What clients may rely on, without a database, a queue or a clock. It leaves open only what the contract leaves open:
 * when a repeated attempt starts among the others that may start.
 */
export class OrderModel {
  /** In the order in which they were accepted. */
  readonly orders = new Map<string, ModelOrder>();

  constructor(readonly userId: string) {}

  accept(id: string, content: number): void {
    this.orders.set(id, { content, status: 'Pending', failures: 0, isPostponed: false, wasStarted: false });
  }

  processing(): string[] {
    return [...this.orders].filter(([, { status }]) => status === 'Processing').map(([id]) => id);
  }

  end(id: string, outcome: Outcome): void {
    const order = this.order(id);
    if (outcome === 'succeeded') return void (order.status = 'Completed');
    order.failures++;
    const isFinal = outcome === 'refused' || order.failures === MAX_ATTEMPTS;
    order.status = isFinal ? 'Failed' : 'Pending';
    order.isPostponed = !isFinal && outcome === 'postponed';
  }

  retry(id: string): void {
    Object.assign(this.order(id), { status: 'Pending', failures: 0 });
  }

  interrupt(): void {
    for (const id of this.processing()) this.order(id).status = 'Pending';
  }

  /** Waits until the server has started what it can, and compares every order; then takes over what was started. */
  async compare({ url, work }: System): Promise<void> {
    const statuses = await until(
      () => this.#statuses(url),
      (actual) => this.#disagreement(actual, work) === undefined,
    ).catch(async (error: unknown) => {
      throw new Error(this.#disagreement(await this.#statuses(url), work) ?? 'agreed too late', {
        cause: error,
      });
    });
    const isFirst = ([, { wasStarted }]: [string, ModelOrder]) => !wasStarted;
    const line = [...this.orders].filter(([id, order]) => isFirst([id, order]) && order.status === 'Pending');
    const started = line.map(([id]) => statuses[id] === 'Processing');
    if (started.indexOf(false) !== -1 && started.indexOf(false) < started.lastIndexOf(true))
      throw new Error(
        `not first come, first served: ${JSON.stringify(line.map(([id], i) => [id, started[i]]))}`,
      );
    for (const [id, order] of this.orders) {
      order.status = statuses[id] ?? '';
      order.wasStarted ||= order.status === 'Processing';
    }
  }

  order(id: string): ModelOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`the model has no ${id}`);
    return order;
  }

  async #statuses(url: string): Promise<Record<string, string>> {
    const { body } = await get(`${url}/orders?limit=200&user_id=${this.userId}`);
    const orders = body.orders as { order_id: string; status: string }[];
    return Object.fromEntries(orders.map(({ order_id, status }) => [order_id, status]));
  }

  /** The first thing in which the server differs from the model; undefined when nothing does. */
  #disagreement(actual: Record<string, string>, work: HeldWork): string | undefined {
    const startable = [...this.orders.values()].filter(canRun).length;
    const working = work.orderIds.toSorted().join(' ');
    const processing = Object.keys(actual).filter((id) => actual[id] === 'Processing');
    for (const [id, order] of this.orders) {
      const isRight = canStart(order)
        ? ['Pending', 'Processing'].includes(actual[id] ?? '')
        : actual[id] === order.status;
      if (!isRight) return `${id} is ${actual[id]}, the model says ${order.status}`;
    }
    if (Object.keys(actual).length !== this.orders.size)
      return 'there are orders that the model does not know';
    if (working !== processing.toSorted().join(' '))
      return `${processing.join(' ')} are Processing, worked on are ${working}`;
    const expected = Math.min(SLOTS, startable);
    return processing.length === expected
      ? undefined
      : `${processing.length} are Processing, not ${expected}`;
  }
}

function canStart({ status, isPostponed }: ModelOrder): boolean {
  return status === 'Pending' && !isPostponed;
}

function canRun(order: ModelOrder): boolean {
  return order.status === 'Processing' || canStart(order);
}
