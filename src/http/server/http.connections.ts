import { ServerResponse, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { getHeapStatistics } from 'node:v8';
import { Logger } from '@nestjs/common';
import { HeldBytes } from './held.bytes.js';
import { HttpConnection } from './http.connection.js';

/** The part of the heap that unread answers and waiting requests of all connections may take. */
const PART_OF_HEAP = 1 / 8;

const WATCH_MS = 1000;
const DROP_LOG_MS = 60_000;

/** Every connection of `server`: none stays open unread for ever, and together they keep within a bound of memory. */
export class HttpConnections {
  readonly #all = new Map<Duplex, HttpConnection>();
  readonly #logger = new Logger('HttpServer');
  #hasLoggedDrop = false;

  /** @param timeoutMs a peer that reads nothing of its answer for so long is disconnected; 0: never */
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
    server.on('request', ({ socket }, response) => this.#all.get(socket)?.receive(response));
    server.on('drop', () => this.#logDrop());
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#logger.debug(`a request cannot be read: ${error.code ?? error.name}`);
      this.#all.get(socket)?.refuse(error);
    });
    this.#watch(timeoutMs);
  }

  /** Counts the unread bytes of answers, by an `end` on the prototype that all responses share. */
  countUnread(prototype: ServerResponse): void {
    const connectionOf = ({ req }: ServerResponse) => this.#all.get(req.socket);
    function end(this: ServerResponse, ...parameters: Parameters<ServerResponse['end']>): ServerResponse {
      ServerResponse.prototype.end.apply(this, parameters);
      if (this.writableLength > 0) connectionOf(this)?.noteUnread(this);
      return this;
    }
    prototype.end = end as ServerResponse['end']; // it has overloads
  }

  /**
   * Node counts a connection with an unread answer as idle too; so none is closed while there is one. One that has sent
   * nothing yet, as some clients open in advance, Node does not count as idle.
   */
  closeIdle(): void {
    if ([...this.#all.values()].some(({ isUnread }) => isUnread)) return;
    this.server.closeIdleConnections();
    for (const { socket } of this.#all.values()) if (socket.bytesRead === 0) socket.destroy();
  }

  #watch(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    const everyMs = Math.min(timeoutMs, WATCH_MS);
    const timer = setInterval(() => this.#all.forEach((connection) => connection.watch(timeoutMs)), everyMs);
    this.server.once('close', () => clearInterval(timer));
    timer.unref();
  }

  /** At most once a minute: an attack shall not fill the log too. */
  #logDrop(): void {
    if (this.#hasLoggedDrop) return;
    this.#hasLoggedDrop = true;
    setTimeout(() => (this.#hasLoggedDrop = false), DROP_LOG_MS).unref();
    this.#logger.warn(`MAX_CONNECTIONS (${this.server.maxConnections}) are open: new ones are closed`);
  }
}
