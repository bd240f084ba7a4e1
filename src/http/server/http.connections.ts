import { ServerResponse, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { getHeapStatistics } from 'node:v8';
import { Logger } from '@nestjs/common';
import { HeldBytes } from './held.bytes.js';
import { HttpConnection } from './http.connection.js';

/** What answers that nobody reads and requests before their turn may take, over all connections. */
const PART_OF_HEAP = 1 / 8;

const WATCH_MS = 1000;
const TELL_MS = 60_000;

/** Every connection of `server`: none holds it for ever, and all of them together no more of it than there is room for. */
export class HttpConnections {
  readonly #all = new Map<Duplex, HttpConnection>();
  readonly #logger = new Logger('HttpServer');
  #hasTold = false;

  /** @param timeoutMs how long a peer may take nothing of its answer */
  constructor(
    private readonly server: Server,
    begin: RequestListener,
    timeoutMs = 0,
  ) {
    const held = new HeldBytes(getHeapStatistics().heap_size_limit * PART_OF_HEAP);
    server.on('connection', (socket: Socket) => {
      this.#all.set(socket, new HttpConnection(socket, begin, held));
      socket.once('close', () => this.#all.delete(socket));
    });
    server.on('request', ({ socket }, response) => this.#all.get(socket)?.take(response));
    server.on('drop', () => this.#tellOfDrop());
    server.on('clientError', (error, socket) => this.#all.get(socket)?.refuse(error));
    this.#watch(timeoutMs);
  }

  /** Counts what is left of an answer, with the prototype of all of them, when it was written faster than it is read. */
  countUnread(prototype: ServerResponse): void {
    const connectionOf = ({ req }: ServerResponse) => this.#all.get(req.socket);
    function end(this: ServerResponse, ...parameters: Parameters<ServerResponse['end']>): ServerResponse {
      ServerResponse.prototype.end.apply(this, parameters);
      if (this.writableLength > 0) connectionOf(this)?.noteUnread(this);
      return this;
    }
    prototype.end = end as ServerResponse['end']; // it has overloads
  }

  /** Node takes for idle also who has not read its whole answer; so nobody is closed while there is one. */
  closeIdle(): void {
    if (![...this.#all.values()].some(({ isUnread }) => isUnread)) this.server.closeIdleConnections();
  }

  #watch(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    const everyMs = Math.min(timeoutMs, WATCH_MS);
    const timer = setInterval(() => this.#all.forEach((connection) => connection.watch(timeoutMs)), everyMs);
    this.server.once('close', () => clearInterval(timer));
    timer.unref();
  }

  /** Once a minute is enough to know: an attack is no reason to fill the log too. */
  #tellOfDrop(): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    setTimeout(() => (this.#hasTold = false), TELL_MS).unref();
    this.#logger.warn(`MAX_CONNECTIONS (${this.server.maxConnections}) are open: new ones are closed`);
  }
}
