import { setTimeout as wait } from 'node:timers/promises';
import { anOrder, get, post, type Answer } from './client.js';
import type { Ledger } from './ledger.js';

const TICK_MS = 10;

/** A client that has waited as often as this has been refused for good. */
const MOST_TRIES = 20;

/**
 * Requests at a steady rate, however long the answers take: new orders with an id or a key, and questions for orders.
 * A client repeats what is answered with 503 after the time in Retry-After, and nothing else.
 */
export class OpenLoad {
  /** What became of requests that failed. */
  readonly failures: string[] = [];
  requests = 0;
  /** Answers of 503, which were repeated. */
  repeats = 0;
  readonly #open = new Set<Promise<void>>();
  #newest: string | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs = performance.now();

  constructor(
    private readonly url: string,
    private readonly ledger: Ledger,
    private readonly perSecond: number,
  ) {
    this.#timer = setInterval(() => this.#catchUp(), TICK_MS);
  }

  /** Resolves when every request has its answer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #catchUp(): void {
    const due = ((performance.now() - this.#startedMs) / 1000) * this.perSecond;
    while (this.requests < due) {
      const request = this.#request(this.requests++)
        .catch((error: Error) => void this.failures.push(`${error.message}: ${String(error.cause)}`))
        .finally(() => this.#open.delete(request));
      this.#open.add(request);
    }
  }

  async #request(number: number): Promise<void> {
    if (number % 5 === 4) return this.#ask(this.#newest);
    const order_id = `open-${number}`;
    const isKeyed = number % 2 === 0;
    const sentAt = this.ledger.now;
    if (!isKeyed) this.ledger.send(order_id);
    const { status, body } = await this.#answered(() =>
      post(
        `${this.url}/orders`,
        anOrder(isKeyed ? {} : { order_id }),
        isKeyed ? { 'idempotency-key': order_id } : {},
      ),
    );
    if (status !== 201 && status !== 200)
      return void this.failures.push(`POST: ${status} ${JSON.stringify(body)}`);
    this.ledger.send(body.order_id, sentAt);
    this.ledger.accept(body.order_id);
    this.#newest = body.order_id;
  }

  async #ask(orderId: string | undefined): Promise<void> {
    if (orderId === undefined) return;
    const { status, body } = await this.#answered(() => get(`${this.url}/orders/${orderId}`));
    if (status !== 200) this.failures.push(`GET: ${status} ${JSON.stringify(body)}`);
  }

  async #answered(ask: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await ask();
      const retryAfter = answer.headers.get('retry-after');
      if (answer.status !== 503 || retryAfter === null || tries === MOST_TRIES) return answer;
      this.repeats++;
      await wait(Number(retryAfter) * 1000);
    }
  }
}
