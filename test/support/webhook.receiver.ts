import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { until } from './client.js';

/** A message as it arrived. */
export interface ReceivedMessage {
  id: string;
  /** Of the request: one endpoint each. */
  path: string;
  headers: Record<string, string>;
  body: string;
  type: string;
  data: { order_id: string; user_id: string; from: string | null; to: string; attempt: number; at: string };
}

export type Reply = (response: ServerResponse, message: ReceivedMessage) => void;

/** Answers with a status, and with headers. */
export const answer =
  (status: number, headers: Record<string, string> = {}): Reply =>
  (response) =>
    void response.writeHead(status, headers).end();

/** Never answers. */
export const hang: Reply = () => undefined;

/** An endpoint of webhooks: notes what it is sent, and answers by `reply`, a test's own. */
export class WebhookReceiver {
  readonly received: ReceivedMessage[] = [];
  connections = 0;
  reply: Reply = answer(200);
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = read(request, Buffer.concat(chunks).toString());
      this.received.push(message);
      this.reply(response, message);
    });
  }).on('connection', () => this.connections++);

  /** @returns its URL, without a path */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // a TCP server's address is this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** What came to a path. */
  at(path: string): ReceivedMessage[] {
    return this.received.filter((message) => message.path === path);
  }

  /** The messages, once there are so many. */
  async atLeast(count: number, timeoutMs?: number): Promise<ReceivedMessage[]> {
    return until(
      async () => this.received,
      ({ length }) => length >= count,
      timeoutMs,
    );
  }

  /** `null → Pending`, of one order, each message once, in the order in which they came first. */
  toldOf(orderId: string, path?: string): string[] {
    const its = this.received.filter(
      (message) => message.data.order_id === orderId && (path === undefined || message.path === path),
    );
    const first = [
      ...new Map(its.toReversed().map((message) => [message.id, message])).values(),
    ].toReversed();
    return first
      .toSorted((a, b) => its.indexOf(a) - its.indexOf(b))
      .map(({ data }) => `${data.from} → ${data.to}`);
  }
}

/** Throws unless one of the signatures is by `secret`, and the time is now. */
export function verify({ body, headers }: ReceivedMessage, secret: string): void {
  new Webhook(secret).verify(body, headers);
}

/** What becomes of an order without failures. */
export const LIFE = ['null → Pending', 'Pending → Processing', 'Processing → Completed'];

function read({ headers, url = '' }: IncomingMessage, body: string): ReceivedMessage {
  const { type, data } = JSON.parse(body) as Pick<ReceivedMessage, 'type' | 'data'>;
  return {
    id: String(headers['webhook-id']),
    path: url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body,
    type,
    data,
  };
}
