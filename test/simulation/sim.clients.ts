import fc from 'fast-check';
import { BatcherFull } from '../../src/common/batcher.js';
import { DatabaseUnavailable } from '../../src/database/database.js';
import type { OrderRequest } from '../../src/domain/order.js';
import {
  BacklogFull,
  IdempotencyKeyConflict,
  OrderIdConflict,
  OrderNotFound,
  WrongStatus,
} from '../../src/domain/order.errors.js';
import type { OrdersService } from '../../src/orders/orders.service.js';
import { ConnectionLost } from './sim.process.js';
import type { World } from './world.js';

/** What a client asks for. */
export type Request =
  | { what: 'post' | 'batch'; count: number }
  | { what: 'repeat' | 'contradict' | 'cancel' | 'retry'; which: number }
  | { what: 'retry all' };

/** What befalls the server and its host. */
export type Event =
  | { what: 'kill' | 'stop' | 'clock stops' | 'clock goes on' }
  | { what: 'clock steps' | 'time passes'; ms: number }
  | { what: 'fail before' | 'fail after'; count: number };

/** One thing that happens, `after` so many steps of the scheduler. */
export type Action = { after: number } & (Request | Event);

const count = fc.integer({ min: 1, max: 4 });
const which = fc.nat({ max: 30 });
const step = fc.constantFrom(-60_000, -10_000, -1000, -20, 20, 1000, 10_000);
const passing = fc.constantFrom(1, 50, 300, 1000);

const after = fc.nat({ max: 10 });
const constant = <Value extends string>(value: Value) => fc.constant(value);

/** What clients, people and fate do. Often what is cheap; rarely what ends a life. */
const action = fc.oneof(
  { weight: 10, arbitrary: fc.record({ after, what: constant('post'), count }) },
  { weight: 5, arbitrary: fc.record({ after, what: constant('batch'), count }) },
  {
    weight: 6,
    arbitrary: fc.record({ after, what: fc.constantFrom('repeat', 'contradict', 'cancel', 'retry'), which }),
  },
  { weight: 1, arbitrary: fc.record({ after, what: constant('retry all') }) },
  { weight: 1, arbitrary: fc.record({ after, what: fc.constantFrom('kill', 'stop') }) },
  { weight: 1, arbitrary: fc.record({ after, what: fc.constantFrom('clock stops', 'clock goes on') }) },
  { weight: 1, arbitrary: fc.record({ after, what: constant('clock steps'), ms: step }) },
  { weight: 3, arbitrary: fc.record({ after, what: constant('time passes'), ms: passing }) },
  { weight: 1, arbitrary: fc.record({ after, what: fc.constantFrom('fail before', 'fail after'), count }) },
) as fc.Arbitrary<Action>; // fast-check widens the literals

export const actions = fc.array(action, { minLength: 1, maxLength: 16, size: 'max' });

/** What a client may be told instead of what it asked for. */
const REFUSALS = [
  BacklogFull,
  BatcherFull,
  DatabaseUnavailable,
  IdempotencyKeyConflict,
  OrderIdConflict,
  OrderNotFound,
  WrongStatus,
  ConnectionLost,
];

/** The clients, and what they know. */
export class SimClients {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly cancelled = new Set<string>();
  /** Requests without an answer. */
  waiting = 0;
  readonly #orders: OrderRequest[] = [];

  constructor(private readonly world: World) {}

  ask(action: Request): void {
    switch (action.what) {
      case 'post':
        for (let made = 0; made < action.count; made++) this.#post(this.#newOrder());
        return;
      case 'batch':
        return this.#postAll(Array.from({ length: action.count }, () => this.#newOrder()));
      case 'repeat':
      case 'contradict': {
        const order = this.#known(action.which);
        if (order) this.#post(action.what === 'repeat' ? order : { ...order, totalAmount: 1 });
        return;
      }
      case 'cancel':
        return this.#at(action.which, 'cancel', async (id, orders) => {
          const { order } = await orders.cancel(id);
          if (order.status === 'Cancelled') this.cancelled.add(id);
          else this.world.blame(`${id} was cancelled, and then ${order.status}`);
        });
      case 'retry':
        return this.#at(action.which, 'retry', (id, orders) => orders.retry(id));
      case 'retry all':
        return this.#send('retry all', (orders) => orders.retryAll({}, 10));
    }
  }

  /** At the end each client repeats what it has no answer to. */
  repeatUnanswered(): void {
    for (const order of this.#orders) if (!this.acknowledged.has(order.orderId ?? '')) this.#post(order);
  }

  #newOrder(): OrderRequest {
    const number = this.#orders.length + 1;
    const order = {
      orderId: `order-${number}`,
      idempotencyKey: number % 3 === 0 ? `key-${number}` : null,
      userId: 'user',
      itemIds: ['item'],
      totalAmount: 100 + number,
    };
    this.#orders.push(order);
    this.sent.add(order.orderId);
    return order;
  }

  #known(which: number): OrderRequest | undefined {
    return this.#orders[which % this.#orders.length];
  }

  #post(order: OrderRequest): void {
    this.#send(`post ${order.orderId}`, async (orders) => {
      const { orderId } = await orders.accept(order);
      this.acknowledged.add(orderId);
    });
  }

  #postAll(batch: OrderRequest[]): void {
    const ids = batch.map(({ orderId }) => orderId);
    this.#send(`batch ${ids.join(' ')}`, async (orders) => {
      for (const outcome of await orders.acceptAll(batch))
        if ('value' in outcome) this.acknowledged.add(outcome.value.orderId);
        else this.#refused('batch', outcome.error);
    });
  }

  #at(which: number, name: string, request: (id: string, orders: OrdersService) => Promise<unknown>): void {
    const id = this.#known(which)?.orderId;
    if (id) this.#send(`${name} ${id}`, (orders) => request(id, orders));
  }

  #send(name: string, request: (orders: OrdersService) => Promise<unknown>): void {
    const { process } = this.world;
    if (!process?.isReady) return; // refused: its port is closed
    this.world.note(name);
    this.waiting++;
    void process
      .ask(request)
      .then(
        () => this.world.note(`${name}: done`),
        (error: unknown) => this.#refused(name, error),
      )
      .finally(() => this.waiting--);
  }

  #refused(name: string, error: unknown): void {
    this.world.note(`${name}: ${(error as Error).constructor.name}`);
    if (!REFUSALS.some((type) => error instanceof type))
      this.world.blame(`an answer that no client should get, to ${name}: ${(error as Error).stack}`);
  }
}
