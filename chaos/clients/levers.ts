import { between, type Random } from '../random.ts';
import type { Book, ClientOrder } from './book.ts';
import { contentOf, textOf, type Content } from './content.ts';
import { told } from './posting.ts';
import type { Reply, Upstream } from './upstream.ts';

/** Orders among which something is likely still to be Pending. */
const RECENT = 100;

/** What clients do with orders that they know: read, list, cancel, retry one or many. */
export class Levers {
  readonly #book: Book;
  readonly #random: Random;
  /** Ids of orders that the last list showed as Failed. */
  #failed: string[] = [];

  constructor(book: Book, random: Random) {
    this.#book = book;
    this.#random = random;
  }

  /** An acknowledged order, of all or of the last ones. */
  pick(isRecent: boolean): ClientOrder | undefined {
    const { accepted } = this.#book;
    const first = isRecent ? Math.max(0, accepted.length - RECENT) : 0;
    return accepted[between(this.#random, first, accepted.length - 1)];
  }

  async read(upstream: Upstream): Promise<void> {
    const order = this.pick(this.#random() < 0.5);
    if (!order) return;
    const { end, isCancelled } = order;
    const reply = await upstream.ask({ method: 'GET', path: `/orders/${order.id}` });
    if (!reply) return;
    this.#book.count(`read ${reply.status}`);
    const { status } = reply.body;
    if (reply.status !== 200) return this.#wrong(order, 'read', reply);
    if (status === undefined) return; // the answer was cut off
    // its fields are read as they came: others than an order's make another text
    if (textOf(reply.body as unknown as Content) !== textOf(contentOf(order.name, order.accepted ?? 0)))
      this.#wrong(order, 'read with other content', reply);
    if (isCancelled && status !== 'Cancelled') this.#wrong(order, 'cancelled before', reply);
    if (end !== undefined && status !== end) this.#wrong(order, `${end} before`, reply);
    if (status === 'Completed' || status === 'Cancelled') order.end ??= status;
  }

  async cancel(upstream: Upstream): Promise<void> {
    const order = this.pick(true);
    if (!order) return;
    order.openCancels++;
    const reply = await upstream.askOnce({ method: 'POST', path: `/orders/${order.id}/cancel` });
    if (!reply || reply === 'gone' || reply.status === 503) return; // it may have come through
    this.#book.count(`cancel ${reply.status}`);
    order.openCancels--;
    if (reply.status === 200) order.isCancelled = true;
    else if (reply.status !== 409) this.#wrong(order, 'cancel', reply);
  }

  async list(upstream: Upstream): Promise<void> {
    const reply = await upstream.ask({ method: 'GET', path: '/orders?status=Failed&limit=50' });
    if (!reply) return;
    this.#book.count(`list ${reply.status}`);
    if (reply.status !== 200) return void this.#book.wrong.push(`a list: ${told(reply)}`);
    const orders = (reply.body['orders'] ?? []) as { order_id: string }[]; // missing where the answer was cut off
    this.#failed = orders.map(({ order_id }) => order_id);
  }

  async retry(upstream: Upstream): Promise<void> {
    const id = this.#failed.splice(between(this.#random, 0, this.#failed.length), 1)[0];
    if (id === undefined) return this.list(upstream);
    const reply = await upstream.askOnce({ method: 'POST', path: `/orders/${id}/retry` });
    if (!reply || reply === 'gone' || reply.status === 503) return;
    this.#book.count(`retry ${reply.status}`);
    if (reply.status === 200) this.#book.retried(id);
    else if (reply.status !== 409) this.#book.wrong.push(`${id}, retry: ${told(reply)}`); // 409: it was retried before
  }

  async retryMany(upstream: Upstream): Promise<void> {
    const limit = between(this.#random, 1, 2); // some are left to be retried alone
    const headers = { 'content-type': 'application/json' };
    const reply = await upstream.askOnce({
      method: 'POST',
      path: '/orders/retry',
      headers,
      body: JSON.stringify({ limit }),
    });
    if (!reply || reply === 'gone' || reply.status === 503) return;
    this.#book.count(`bulk retry ${reply.status}`);
    const retried = Number(reply.body['retried'] ?? 0);
    if (reply.status !== 200 || retried > limit)
      this.#book.wrong.push(`bulk retry of ${limit}: ${told(reply)}`);
  }

  #wrong(order: ClientOrder, what: string, reply: Reply): void {
    this.#book.wrong.push(`${order.id}, ${what}: ${told(reply)}`);
  }
}
