import http from 'node:http';
import https from 'node:https';

/** The fields of `GET /metrics` that tell when the work is done. */
export interface Metrics {
  pending_orders: number;
  processing_orders: number;
  completed_orders: number;
}

/** A running Ordermill. node:http and not fetch: with 1,000 connections it leaves the server twice the processor. */
export class Client {
  readonly #url: string;
  readonly #http: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(url: string, connections: number) {
    this.#url = url;
    this.#http = url.startsWith('https:') ? https : http;
    this.#agent = new this.#http.Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Posts one order. @returns why it was refused; undefined when it was accepted */
  async post(orderId: string): Promise<string | undefined> {
    const order = {
      order_id: orderId,
      user_id: 'simulation',
      item_ids: ['item-1', 'item-2'],
      total_amount: 29.99,
    };
    try {
      const { status } = await this.#ask('POST', '/orders', JSON.stringify(order));
      return status === 201 ? undefined : String(status);
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** The status of an order; when it cannot be learned, why. */
  async statusOf(orderId: string): Promise<string> {
    try {
      const { status, body } = await this.#ask('GET', `/orders/${orderId}/status`);
      return status === 200 ? (JSON.parse(body) as { status: string }).status : String(status);
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** @throws when nothing answers, or something else than Ordermill does */
  async metrics(): Promise<Metrics> {
    const { status, body } = await this.#ask('GET', '/metrics').catch((error: unknown) => {
      throw new Error(`No server answers at ${this.#url} (${reasonOf(error)}). Start one with: npm start`);
    });
    const isOurs = status === 200 && body.includes('"completed_orders"');
    if (!isOurs)
      throw new Error(`What answers at ${this.#url} is not Ordermill: GET /metrics gave ${status}.`);
    return JSON.parse(body) as Metrics;
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body?: string): Promise<{ status: number | undefined; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number | undefined;
      body: string;
    }>();
    const headers = { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) };
    const options = { agent: this.#agent, method, headers, timeout: 30_000 };
    const request = this.#http.request(this.#url + path, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, body: text })).on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 30 s')));
    request.on('error', reject).end(body);
    return promise;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
