import http from 'node:http';
import https from 'node:https';
import { EventSource } from 'eventsource';
import type { Call } from './scenarios.ts';

/** The variable of the environment that holds the API key. It is no option: the options of a process can be seen by others. */
export const KEY = 'ORDERMILL_API_KEY';

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
  /** With each request: the API key, if there is one. */
  readonly #authorization: Record<string, string>;
  readonly #http: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(url: string, connections: number, key: string | undefined) {
    this.url = url;
    this.#authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
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
      const reply = await this.#ask('GET', `/orders?${query.toString()}`);
      this.#checkAccess(reply);
      if (reply.status !== 200) throw new Error(`GET /orders gave ${reply.status}`);
      const page = JSON.parse(reply.body) as {
        orders: { order_id: string; status: string }[];
        next_cursor: string | null;
      };
      for (const order of page.orders) orders.set(order.order_id, order.status);
      cursor = page.next_cursor;
    }
    return orders;
  }

  /** @throws Error when nothing answers, something else than Ordermill does, or the API key is not enough */
  async check(): Promise<void> {
    const listed = await this.#ask('GET', '/orders?limit=1').catch((error: unknown) => {
      throw new NoServer(`No server answers at ${this.url} (${reasonOf(error)}). Start one with: npm start`);
    });
    this.#checkAccess(listed);
    if (listed.status !== 200 || !listed.body.includes('"next_cursor"'))
      throw new Error(`What answers at ${this.url} is not Ordermill: GET /orders gave ${listed.status}.`);
    this.#checkAccess(await this.#ask('POST', '/orders')); // no order: refused one way or the other
  }

  /** A stream of events, which reconnects by itself. */
  events(userId: string): EventSource {
    return new EventSource(`${this.url}/events?user_id=${userId}`, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...this.#authorization } }),
    });
  }

  /** @throws Error that says what the API key lacks */
  #checkAccess({ status, body }: Reply): void {
    if (status === 403)
      throw new Error(`${detailOf(body)} The key in ${KEY} needs orders:read and orders:write.`);
    if (status !== 401) return;
    const isGiven = this.#authorization['authorization'] !== undefined;
    throw new Error(
      isGiven
        ? `${this.url} does not know the API key in ${KEY}.`
        : `${this.url} asks for an API key: set ${KEY} in the environment to one with the scopes orders:read and orders:write.`,
    );
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const options = {
      agent: this.#agent,
      method,
      headers: { accept: 'application/json', ...this.#authorization, ...headers },
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

/** The `detail` of a problem document. */
function detailOf(body: string): string {
  try {
    return (JSON.parse(body) as { detail?: string }).detail ?? body;
  } catch {
    return body; // something before the server has refused it
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
