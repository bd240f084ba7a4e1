import {
  createServer,
  IncomingMessage,
  ServerResponse,
  STATUS_CODES,
  type Server as HttpServer,
  type ServerOptions,
} from 'node:http';
import { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';

/** What Node's HTTP parser cannot read, by error code; anything else is a 400. */
const STATUS_BY_CODE: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** A kept connection may carry a request that nobody has read yet; its answer, within this time, says that it closes. */
const LINGER_MS = 250;

/** Express on an HTTP server with time-outs, which Nest has no option for, so that no slow client holds a socket for ever. */
export class HttpAdapter extends ExpressAdapter {
  /** @param closeTimeoutMs how long `close` waits for clients that have begun a request */
  constructor(
    private readonly serverOptions: ServerOptions,
    private readonly closeTimeoutMs: number,
  ) {
    super();
  }

  /** Answers with JSON, as every route here does. Express would look for settings, types and tags that are never used. */
  override reply(response: Response, body: object, status?: number): void {
    const text = JSON.stringify(body);
    response.writeHead(status ?? response.statusCode, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }

  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    const server = createServer(
      {
        ...this.serverOptions,
        IncomingMessage: withPrototype(IncomingMessage, app.request),
        ServerResponse: withPrototype(ServerResponse, app.response),
      },
      app,
    );
    const unanswered = new WeakMap<Duplex, ServerResponse[]>();
    server.on('request', ({ socket }, response) => {
      const others = unanswered.get(socket);
      unanswered.set(socket, others ? [...others, response] : [response]);
      response.once('close', () => {
        const left = unanswered.get(socket)?.filter((other) => other !== response) ?? [];
        if (left.length > 0) unanswered.set(socket, left);
        else unanswered.delete(socket); // a connection may stay idle for long, and would keep the last body that came on it
      });
    });
    server.on('clientError', (error, socket) => {
      // what came whole before on this connection is answered first: no order that is taken is told that it is refused
      const isUnderWay = ({ req, writableFinished }: ServerResponse) => req.complete && !writableFinished;
      const before = unanswered.get(socket)?.findLast(isUnderWay);
      if (before) before.once('finish', () => refuse(error, socket));
      else refuse(error, socket);
    });
    this.httpServer = server;
  }

  /**
   * Takes no more connections, and lets the ones that are there end. `http.Server.close` would at once reset kept
   * connections whatever is on its way on them, and then wait for ever for a client that never finishes its request.
   */
  override async close(): Promise<void> {
    const server = this.httpServer as HttpServer; // Nest's type is any
    if (!server.listening) return;
    const closed = new Promise((resolve) => Server.prototype.close.call(server, resolve));
    const idle = setInterval(() => server.closeIdleConnections(), LINGER_MS);
    const all = setTimeout(() => server.closeAllConnections(), LINGER_MS + this.closeTimeoutMs);
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

/** A request that is not HTTP gets its problem too; there is no response object yet to write it with. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status];
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail: 'The request cannot be read.',
    instance: '',
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
