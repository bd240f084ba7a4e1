import { EventSource } from 'eventsource';
import type { Client } from './client.ts';

interface OrderEvent {
  order_id: string;
  from: string | null;
  to: string;
  attempt: number;
}

/** What the events have told of one order. */
interface Life {
  status: string;
  /** The how many-th of the accepted ones it is. */
  turn: number;
  completions: number;
}

const FINAL = new Set(['Completed', 'Failed', 'Cancelled']);

/** Sees what becomes of the orders of one user, by the server's events; over a restart of the server, too. */
export class Watcher implements Disposable {
  readonly #lives = new Map<string, Life>();
  readonly #counts = new Map<string, number>();
  readonly #source: EventSource;
  #latestTurn = -1;
  #outOfTurn = 0;
  #awaited: Set<string> | undefined;
  #settled = Promise.withResolvers<void>();
  /** Called after each event. */
  onChange: () => void = () => undefined;

  private constructor(source: EventSource) {
    this.#source = source;
    source.addEventListener('order', ({ data }) => this.#take(JSON.parse(String(data)) as OrderEvent));
  }

  /** Resolves when all that is committed from now on will be told. @throws Error when there is no such stream */
  static async open(client: Client, userId: string): Promise<Watcher> {
    const source = client.events(userId);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    source.addEventListener('ready', () => resolve());
    source.addEventListener('error', ({ code, message }) => {
      if (source.readyState === EventSource.CLOSED)
        reject(new Error(`GET /events of ${client.url}: ${code ?? ''} ${message ?? ''}`));
    });
    const watcher = new Watcher(source);
    await promise;
    return watcher;
  }

  get accepted(): number {
    return this.#lives.size;
  }

  /** How many are in this status now. */
  count(status: string): number {
    return this.#counts.get(status) ?? 0;
  }

  /** Orders that were started after one that was accepted later. */
  get outOfTurn(): number {
    return this.#outOfTurn;
  }

  /** Orders that were completed more than once. */
  get completedTwice(): number {
    return [...this.#lives.values()].filter(({ completions }) => completions > 1).length;
  }

  /** Resolves when each of these is Completed, Failed or Cancelled, or after `ms`. */
  async settled(orderIds: Iterable<string>, ms: number): Promise<void> {
    this.#awaited = new Set(orderIds);
    for (const id of this.#awaited) this.#strike(id);
    if (this.#awaited.size === 0) return;
    const timer = setTimeout(() => this.#settled.resolve(), ms);
    await this.#settled.promise;
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#source.close();
  }

  #take({ order_id, from, to, attempt }: OrderEvent): void {
    const life = this.#lives.get(order_id) ?? { status: '', turn: this.#lives.size, completions: 0 };
    this.#lives.set(order_id, life);
    if (from !== null) this.#add(from, -1);
    this.#add(to, 1);
    life.status = to;
    if (to === 'Completed') life.completions++;
    if (to === 'Processing' && attempt === 1) {
      if (life.turn < this.#latestTurn) this.#outOfTurn++;
      else this.#latestTurn = life.turn;
    }
    this.#strike(order_id);
    this.onChange();
  }

  #add(status: string, count: number): void {
    this.#counts.set(status, this.count(status) + count);
  }

  /** Off the list of those that are awaited, when it is done. */
  #strike(orderId: string): void {
    if (!this.#awaited || !FINAL.has(this.#lives.get(orderId)?.status ?? '')) return;
    if (this.#awaited.delete(orderId) && this.#awaited.size === 0) this.#settled.resolve();
  }
}
