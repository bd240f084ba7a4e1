import {
  createServer,
  IncomingMessage,
  ServerResponse,
  type RequestListener,
  type Server as HttpServer,
  type ServerOptions,
} from 'node:http';
import { Server } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';
import { acceptQueueIsEmpty } from './accept.queue.js';
import { HttpConnections } from './http.connections.js';

/** Connections that may wait to be accepted: a thousand clients that come at once. The system's limit (somaxconn) wins. */
const BACKLOG = 4096;

/** A kept connection may carry a request that nobody has read yet; its answer, within this time, says that it closes. */
const LINGER_MS = 250;

/** How long a stop accepts connections that go on coming, before it leaves those that wait to be reset. */
const LAST_ACCEPTS_MS = 2000;

/** From this length on an answer waits for a slow reader as bytes outside of the heap. */
const LONG_TEXT = 16_384;

/** What Nest has no options for. Durations in milliseconds. */
export interface HttpLimits extends Pick<ServerOptions, 'headersTimeout' | 'requestTimeout'> {
  /** Connections at once; whoever comes then is closed unheard. */
  maxConnections?: number;
  /** How long `close` waits for clients that have begun a request. */
  closeTimeout?: number;
}

/** Express on an HTTP server whose clients can hold it neither for ever nor with more than it has room for. */
export class HttpAdapter extends ExpressAdapter {
  #connections: HttpConnections | undefined;

  constructor(private readonly limits: HttpLimits) {
    super();
  }

  /** Answers with JSON, as every route here does. Express would look for settings, types and tags that are never used. */
  override reply(response: Response, body: object, status?: number): void {
    const text = JSON.stringify(body);
    const content = text.length < LONG_TEXT ? text : Buffer.from(text);
    response.writeHead(status ?? response.statusCode, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(content),
    });
    response.end(content);
  }

  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    const { headersTimeout, requestTimeout, maxConnections } = this.limits;
    const server = createServer({
      headersTimeout,
      requestTimeout,
      connectionsCheckingInterval: Math.min(1000, headersTimeout ?? 1000),
      IncomingMessage: withPrototype(IncomingMessage, app.request),
      ServerResponse: withPrototype(ServerResponse, app.response),
    });
    if (maxConnections) server.maxConnections = maxConnections;
    this.#connections = new HttpConnections(server, app as RequestListener, requestTimeout);
    this.#connections.countUnread(app.response);
    this.httpServer = server;
  }

  override listen(port: string | number, host?: string | (() => void), callback?: () => void): HttpServer {
    const server = this.httpServer as HttpServer; // Nest's type is any
    const where = { port: Number(port), ...(typeof host === 'string' && { host }) };
    return server.listen({ ...where, backlog: BACKLOG }, typeof host === 'function' ? host : callback);
  }

  /**
   * Takes no more connections, and lets the ones that are there end. `http.Server.close` would at once reset kept
   * connections whatever is on its way on them, and then wait for ever for a client that never finishes its request.
   */
  override async close(): Promise<void> {
    const server = this.httpServer as HttpServer; // Nest's type is any
    if (!server.listening) return;
    const { closeTimeout = 0 } = this.limits;
    await acceptQueueIsEmpty(server, Math.min(closeTimeout, LAST_ACCEPTS_MS));
    const closed = new Promise((resolve) => Server.prototype.close.call(server, resolve));
    const idle = setInterval(() => this.#connections?.closeIdle(), LINGER_MS);
    const all = setTimeout(() => server.closeAllConnections(), LINGER_MS + closeTimeout);
    await closed;
    clearInterval(idle);
    clearTimeout(all);
    server.close(); // ends the watch over slow clients
  }
}

/**
 * A class whose instances have `prototype`. Express gives every request and response its own, and to change the prototype
 * of an object makes whatever is done with it slow: a tenth of a request. These have it from their beginning.
 */
function withPrototype<Base extends typeof IncomingMessage | typeof ServerResponse>(
  base: Base,
  prototype: object,
): Base {
  function Made(...parameters: unknown[]): object {
    return Reflect.construct(base, parameters, Made) as object; // its type is any
  }
  Made.prototype = prototype;
  return Made as unknown as Base; // it constructs what `base` does
}
