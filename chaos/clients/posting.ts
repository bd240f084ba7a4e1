import { setTimeout as wait } from 'node:timers/promises';
import { between, type Random } from '../random.ts';
import type { Book, ClientOrder } from './book.ts';
import { contentOf, encoded } from './content.ts';
import type { Reply, Request, Upstream } from './upstream.ts';

const PAUSE_MS = 20;

interface BatchResult {
  index: number;
  order_id: string | null;
  status_code: number;
}

/** Posts orders on every route, again until they are acknowledged, and notes what was promised. */
export class Posting {
  readonly #book: Book;
  readonly #random: Random;

  constructor(book: Book, random: Random) {
    this.#book = book;
    this.#random = random;
  }

  /** Until it is acknowledged or refused, or the client gives up. */
  async one(upstream: Upstream, order: ClientOrder, variant = 0): Promise<void> {
    const reply = await upstream.ask(await this.request(order, variant));
    if (!reply) return void this.#book.gaveUp++;
    this.note(order, variant, reply, order.hasKey ? 'order with a key' : 'order');
    if (order.accepted === variant && order.id === undefined) await this.one(upstream, order, variant); // the answer was cut off
  }

  async request(order: ClientOrder, variant: number): Promise<Request> {
    const content = contentOf(order.name, variant);
    const { headers, body } = await encoded(
      order.hasKey ? content : { order_id: order.name, ...content },
      this.#random,
    );
    const key = order.hasKey ? { 'idempotency-key': order.name } : undefined;
    return { method: 'POST', path: '/orders', headers: { ...headers, ...key }, body };
  }

  /**
   * The same order at one time from several clients, some with another content: it is taken once, with one content.
   * @param anyUpstream where to, each by itself
   */
  async twins(anyUpstream: () => Upstream, order: ClientOrder): Promise<void> {
    const variants = Array.from({ length: between(this.#random, 2, 3) }, () => between(this.#random, 0, 1));
    order.isRepeated = true;
    order.isContradicted = new Set(variants).size > 1;
    await Promise.all(variants.map((variant) => this.one(anyUpstream(), order, variant)));
  }

  /** An order that was acknowledged before, with the same or another content. */
  async again(upstream: Upstream, order: ClientOrder): Promise<void> {
    order.isRepeated = true;
    const accepted = order.accepted ?? 0;
    const variant = this.#random() < 0.5 ? accepted : 1 - accepted;
    order.isContradicted ||= variant !== accepted;
    const id = order.id;
    await this.one(upstream, order, variant);
    if (order.id !== id) this.#book.wrong.push(`${order.name}: a repeat was given another id`);
  }

  /** Orders in one request, those again that were not stored; some stand in it twice. */
  async batch(upstream: Upstream, orders: ClientOrder[]): Promise<void> {
    let left = orders.map((order) => ({ order, variant: 0 }));
    if (this.#random() < 0.2) left = this.#doubled(left);
    while (left.length > 0) {
      const entries = left.map(({ order, variant }) => ({
        order_id: order.name,
        ...contentOf(order.name, variant),
      }));
      const request = await encoded({ orders: entries }, this.#random);
      const reply = await upstream.ask({ method: 'POST', path: '/orders/batch', ...request });
      if (!reply) return void (this.#book.gaveUp += orders.length);
      this.#book.count(`batch ${reply.status}`);
      if (reply.status !== 200) return void this.#book.wrong.push(`a batch: ${told(reply)}`);
      const results = (reply.body['results'] ?? []) as BatchResult[]; // missing where the answer was cut off: asked again
      const statuses = new Map(results.map((result) => [result.index, result]));
      left = left.filter(({ order, variant }, index) => {
        const result = statuses.get(index);
        if (!result || result.status_code === 503) return true;
        const { order_id, status_code: status } = result;
        this.note(order, variant, { status, body: { order_id } }, 'entry');
        return false;
      });
      if (left.length > 0) await wait(PAUSE_MS);
    }
  }

  /** What an answer to an order promises, or should not be. */
  note(order: ClientOrder, variant: number, reply: Reply, what: string): void {
    const { status, body } = reply;
    this.#book.count(`${what} ${status}`);
    if (status === 201 || status === 200) this.#book.accept(order, variant, status, body['order_id']);
    else if (status !== (order.hasKey ? 422 : 409) || !order.isContradicted || order.accepted === variant)
      this.#book.wrong.push(`${order.name}: ${told(reply)}`);
  }

  #doubled<Entry extends { order: ClientOrder }>(entries: Entry[]): (Entry & { variant: number })[] {
    const all = entries.map((entry) => ({ ...entry, variant: 0 }));
    const twice = all[between(this.#random, 0, all.length - 1)];
    if (!twice) return all;
    const variant = between(this.#random, 0, 1);
    twice.order.isRepeated = true;
    twice.order.isContradicted = variant !== 0;
    return [...all, { ...twice, variant }];
  }
}

export function told({ status, body }: Reply): string {
  return `${status} ${JSON.stringify(body).slice(0, 200)}`;
}
