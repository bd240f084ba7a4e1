import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import type { Express } from 'express';
import { HttpAdapter, type HttpLimits } from '../../src/http/server/http.adapter.js';

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** The HTTP server of the application with nothing behind it but `handle`. */
export class BareServer {
  readonly #server: Server;
  /** The server's ends of all connections so far. */
  readonly sockets: Socket[] = [];

  private constructor(private readonly adapter: HttpAdapter) {
    this.#server = adapter.getHttpServer() as Server; // Nest's type is any
    this.#server.on('connection', (socket) => this.sockets.push(socket));
  }

  static async start(limits: HttpLimits, handle: Handle): Promise<BareServer> {
    const adapter = new HttpAdapter(limits);
    adapter.initHttpServer();
    adapter.getInstance<Express>().use(handle);
    await new Promise<void>((resolve) => void adapter.listen(0, '127.0.0.1', resolve));
    return new BareServer(adapter);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on a port
  }

  /** How many connections are open. */
  async connections(): Promise<number> {
    return promisify(this.#server.getConnections.bind(this.#server))();
  }

  /** As at a stop of the application. */
  async close(): Promise<void> {
    await this.adapter.close();
  }
}
