import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Promises } from './checker.ts';
import type { Random } from './random.ts';

const CONNECTIONS = 64;

/** Orders without an answer at one time: while the server is down, clients wait rather than come by the thousand. */
const MOST_WAITING = 1000;
const TICK_MS = 10;
const RETRY_MS = 20;

/** Of the clients whose connection broke before the answer, this share never comes back: the order may be stored or not. */
const GIVES_UP = 0.2;
const BROKEN = new Set<unknown>(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Clients that post orders with known ids at a steady rate, whatever the server does, and try each again with the same
 * id until it is acknowledged. What they know is a promise the server made: an acknowledgement is noted first of all.
 */
export class Clients implements Promises {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** Acknowledged as a repeat: the first answer was lost with the server. */
  repeats = 0;
  gaveUp = 0;
  /** Answers that no client should get. */
  readonly wrong: string[] = [];
  readonly #rate: number;
  readonly #random: Random;
  readonly #prefix: string;
  readonly #waiting = new Set<Promise<void>>();
  #server = Promise.withResolvers<Pool>();
  #pool: Pool | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param rate orders a second */
  constructor(rate: number, random: Random, prefix: string) {
    this.#rate = rate;
    this.#random = random;
    this.#prefix = prefix;
  }

  start(): void {
    let dueMs = performance.now();
    this.#timer = setInterval(() => {
      for (const now = performance.now(); dueMs < now; dueMs += 1000 / this.#rate)
        if (this.#waiting.size < MOST_WAITING) this.#post(`${this.#prefix}-${this.sent.size + 1}`);
    }, TICK_MS);
  }

  /** The server is there: those who wait for it go on. */
  connect(url: string): void {
    this.#pool = new Pool(url, { connections: CONNECTIONS });
    this.#server.resolve(this.#pool);
  }

  /** The server is gone, as the clients have found out by themselves. */
  async disconnect(): Promise<void> {
    if (!this.#pool) return; // it never was there: they wait on
    this.#server = Promise.withResolvers<Pool>();
    await this.#pool.destroy();
    this.#pool = undefined;
  }

  /** Posts no new orders, and resolves when none is left without an answer. The server must be there. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#waiting);
  }

  #post(id: string): void {
    this.sent.add(id);
    const done = this.#postUntilAcknowledged(id).finally(() => this.#waiting.delete(done));
    this.#waiting.add(done);
  }

  async #postUntilAcknowledged(id: string): Promise<void> {
    const body = JSON.stringify({
      order_id: id,
      user_id: `user-${id.length}`,
      item_ids: [id, 'b'],
      total_amount: 29.99,
    });
    for (;;) {
      const pool = await this.#server.promise;
      try {
        const status = await this.#send(pool, id, body);
        if (status !== 503) return;
      } catch (error) {
        const isBroken = BROKEN.has((error as NodeJS.ErrnoException).code); // others never reached the server
        if (isBroken && this.#random() < GIVES_UP) return void this.gaveUp++;
      }
      await wait(RETRY_MS);
    }
  }

  async #send(pool: Pool, id: string, body: string): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const reply = await pool.request({ method: 'POST', path: '/orders', headers, body });
    const { statusCode } = reply;
    if (statusCode === 201 || statusCode === 200) this.acknowledged.add(id);
    if (statusCode === 200) this.repeats++;
    else if (statusCode !== 201 && statusCode !== 503) this.wrong.push(`${id}: ${statusCode}`);
    await reply.body.dump().catch(() => undefined); // cut off after the status: acknowledged is acknowledged
    return statusCode;
  }
}
