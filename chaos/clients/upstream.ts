import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Random } from '../random.ts';

export interface Request {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface Reply {
  status: number;
  /** Parsed; empty when it was cut off after the status. */
  body: Record<string, unknown>;
}

const CONNECTIONS = 64;
const RETRY_MS = 20;

/** Of the clients whose connection broke before the answer, this share never comes back: the order may be stored or not. */
const GIVES_UP = 0.2;
const BROKEN = new Set<unknown>(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** A server as its clients see it: sometimes not there. */
export class Upstream {
  /** Answers with 503. */
  refusals = 0;
  readonly #random: Random;
  #server = Promise.withResolvers<{ pool: Pool; url: string }>();
  #pool: Pool | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Where the server is, as soon as it is there. */
  get url(): Promise<string> {
    return this.#server.promise.then(({ url }) => url);
  }

  /** The server is there: those who wait for it go on. */
  connect(url: string): void {
    this.#pool = new Pool(url, { connections: CONNECTIONS });
    this.#server.resolve({ pool: this.#pool, url });
  }

  /** The server is gone, as the clients have found out by themselves. */
  async disconnect(): Promise<void> {
    if (!this.#pool) return; // it never was there: they wait on
    this.#server = Promise.withResolvers();
    await this.#pool.destroy();
    this.#pool = undefined;
  }

  /** Asks again until there is an answer other than 503. @returns undefined when the client gave up */
  async ask(request: Request): Promise<Reply | undefined> {
    for (;;) {
      const reply = await this.askOnce(request);
      if (reply === 'gone' && this.#random() < GIVES_UP) return undefined;
      if (reply && reply !== 'gone' && reply.status !== 503) return reply;
      await wait(RETRY_MS);
    }
  }

  /** @returns `gone` when the connection broke before the answer; undefined when the request never left */
  async askOnce(request: Request): Promise<Reply | 'gone' | undefined> {
    const { pool } = await this.#server.promise;
    try {
      const { statusCode: status, body } = await pool.request(request);
      const text = await body.text().catch(() => '{}'); // cut off after the status: what was told was told
      if (status === 503) this.refusals++;
      return { status, body: parsed(text) };
    } catch (error) {
      return BROKEN.has((error as NodeJS.ErrnoException).code) ? 'gone' : undefined; // others never reached the server
    }
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>; // each answer is an object, but a history
  } catch {
    return {};
  }
}
