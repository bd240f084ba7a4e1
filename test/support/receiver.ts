import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}

/** The other side of `PROCESSOR=http`: notes what it is sent, and answers by `reply`, a test's own. */
export class Receiver {
  readonly received: Received[] = [];
  connections = 0;
  reply: (response: ServerResponse, request: Received) => void = (response) => void response.end();

  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const whole = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      this.received.push(whole);
      this.reply(response, whole);
    });
  }).on('connection', () => this.connections++);

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/orders`; // a TCP server's address is this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
