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
import { TextAnswer } from './text.answer.js';

/** Length of the accept queue: thousands of clients may connect at once. The system's limit (somaxconn) wins. */
const BACKLOG = 4096;

/** At a stop, an idle keep-alive connection may carry a request not read yet, so it stays open for this time. */
const LINGER_MS = 250;

/** How long a stop goes on accepting connections. Those still in the accept queue after it are reset. */
const LAST_ACCEPTS_MS = 2000;

/** Answers of this length and more are kept for a slow reader as bytes outside of V8's heap. */
const LONG_TEXT = 16_384;

/** Limits for which Nest has no options. Durations in milliseconds. */
export interface HttpLimits extends Pick<ServerOptions, 'headersTimeout' | 'requestTimeout'> {
  /** Connections at once; further ones are closed at once. */
  maxConnections?: number;
  /** How long `close` waits for requests under way. */
  closeTimeout?: number;
}

/**
 * Express on an HTTP server with limits on time, connections and memory, whatever its clients do. It saves CPU time, too:
 * Nest's ExpressAdapter took 6 and 11 % more for an accepted order, 23 and 10 % more for a GET by id (one
 * build with either, the operations of `npm run bench -- cpu` in turn, 8 and 10 rounds). `npm run bench -- intake` has
 * both without a database.
 */
export class HttpAdapter extends ExpressAdapter {
  #connections: HttpConnections | undefined;

  constructor(private readonly limits: HttpLimits) {
    super();
  }

  /** Answers with JSON, as nearly every route here does, without Express's look-ups of settings, types and tags. */
  override reply(response: Response, body: object | undefined, status?: number): void {
    if (body === undefined) return void response.writeHead(status ?? response.statusCode).end();
    const isText = body instanceof TextAnswer;
    const text = isText ? body.text : JSON.stringify(body);
    const content = text.length < LONG_TEXT ? text : Buffer.from(text);
    response.writeHead(status ?? response.statusCode, {
      'content-type': isText ? body.contentType : 'application/json; charset=utf-8',
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
   * Stops accepting, and lets open connections finish. `http.Server.close` would close idle keep-alive connections at once,
   * with a request that may be on its way, and then wait for ever for a client that never finishes its request.
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
    server.close(); // ends Node's timer that checks for slow clients
  }
}

/**
 * A class whose instances are made with `prototype`. Express sets the prototype of every request and response, and V8
 * handles an object slowly once its prototype was changed: a tenth of the cost of a request. Here nothing is changed.
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
