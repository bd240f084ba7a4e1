import http from 'node:http';
import https from 'node:https';
import type { Call } from './scenarios.ts';

/** What was said of one order of a request. */
export interface Answer {
  /** The status code; where there was none, why. */
  status: number | string;
  orderId: string | undefined;
}

interface Reply {
  status: number;
  body: string;
}

/** A running Ordermill. node:http and not fetch: with 1,000 connections it leaves the server twice the processor. */
export class Client implements Disposable {
  readonly url: string;
  readonly #http: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(url: string, connections: number) {
    this.url = url;
    this.#http = url.startsWith('https:') ? https : http;
    this.#agent = new this.#http.Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @returns what was said of each of its orders */
  async send({ path, headers, body, expected }: Call): Promise<Answer[]> {
    try {
      const reply = await this.#ask('POST', path, headers, body);
      return path === '/orders' ? [answerOf(reply)] : answersOf(reply, expected.length);
    } catch (error) {
      return expected.map(() => ({ status: reasonOf(error), orderId: undefined }));
    }
  }

  /** Every order of this user: its id and its status. @throws Error when it cannot be learned */
  async ordersOf(userId: string): Promise<Map<string, string>> {
    const orders = new Map<string, string>();
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = new URLSearchParams({ user_id: userId, limit: '200', ...(cursor && { cursor }) });
      const { status, body } = await this.#ask('GET', `/orders?${query.toString()}`);
      if (status !== 200) throw new Error(`GET /orders gave ${status}`);
      const page = JSON.parse(body) as {
        orders: { order_id: string; status: string }[];
        next_cursor: string | null;
      };
      for (const order of page.orders) orders.set(order.order_id, order.status);
      cursor = page.next_cursor;
    }
    return orders;
  }

  /** @throws Error when nothing answers, or something else than Ordermill does */
  async check(): Promise<void> {
    const { status, body } = await this.#ask('GET', '/metrics').catch((error: unknown) => {
      throw new NoServer(`No server answers at ${this.url} (${reasonOf(error)}). Start one with: npm start`);
    });
    if (status !== 200 || !body.includes('"completed_orders"'))
      throw new Error(`What answers at ${this.url} is not Ordermill: GET /metrics gave ${status}.`);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const options = {
      agent: this.#agent,
      method,
      headers: { accept: 'application/json', ...headers },
      timeout: 30_000,
    };
    const request = this.#http.request(this.url + path, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text })).on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 30 s')));
    request.on('error', reject).end(body);
    return promise;
  }
}

/** Nothing answers. */
export class NoServer extends Error {}

function answerOf({ status, body }: Reply): Answer {
  const orderId = status < 300 ? (JSON.parse(body) as { order_id: string }).order_id : undefined;
  return { status, orderId };
}

function answersOf({ status, body }: Reply, orders: number): Answer[] {
  if (status !== 200) return Array.from({ length: orders }, () => ({ status, orderId: undefined }));
  const { results } = JSON.parse(body) as { results: { status_code: number; order_id: string | null }[] };
  return results.map(({ status_code, order_id }) => ({
    status: status_code,
    orderId: order_id ?? undefined,
  }));
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
