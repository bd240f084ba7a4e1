import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Reply {
  status: number;
  body: string;
}

/** Changes what was answered, or answers without asking the real server: `ask` does that. */
export type Lie = (asked: IncomingMessage, ask: () => Promise<Reply>) => Promise<Reply>;

/** Stands before a real server and lies about `POST /orders`; streams, and all else, it hands on as they are. */
export class LyingServer {
  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(target: string, lie: Lie): Promise<LyingServer> {
    const server = createServer((asked, answer) => {
      if (asked.method !== 'POST') return forward(target, asked, (reply) => reply.pipe(answer), answer);
      void lie(asked, () => whole(target, asked)).then(({ status, body }) =>
        answer.writeHead(status, { 'content-type': 'application/json' }).end(body),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    };
    return new LyingServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, close);
  }
}

function forward(
  target: string,
  asked: IncomingMessage,
  take: (reply: IncomingMessage) => void,
  answer?: ServerResponse,
): void {
  const onward = request(target + asked.url, { method: asked.method, headers: asked.headers }, (reply) => {
    answer?.writeHead(reply.statusCode ?? 0, reply.headers);
    take(reply);
  });
  answer?.once('close', () => onward.destroy());
  asked.pipe(onward.on('error', () => answer?.destroy()));
}

function whole(target: string, asked: IncomingMessage): Promise<Reply> {
  return new Promise((resolve) =>
    forward(target, asked, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (part: string) => (body += part));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body }));
    }),
  );
}
