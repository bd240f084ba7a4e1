import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which a test sends bytes of its own making, and what came back. */
export class RawClient {
  received = '';
  readonly #closed: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
    socket.on('error', () => undefined); // a reset is an end like any other
    this.#closed = new Promise((resolve) => socket.once('close', resolve)); // `once` would reject for a reset
  }

  static async open(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends as much as the server takes; resolves when it is handed to the system or refused. */
  async send(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Everything that came back until the connection was closed. */
  async end(): Promise<string> {
    await this.#closed;
    return this.received;
  }

  get answers(): RawAnswer[] {
    return parseAnswers(this.received);
  }
}

export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

/** The complete answers at the beginning of `bytes`, which are one byte a character. */
export function parseAnswers(bytes: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = bytes; ;) {
    const head = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest);
    if (!head) return answers;
    const headers = new Map(
      (head[2] ?? '')
        .split('\r\n')
        .filter(Boolean)
        .map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
    );
    const start = head[0].length;
    const length = Number(headers.get('content-length') ?? 0);
    if (rest.length < start + length) return answers;
    const body = Buffer.from(rest.slice(start, start + length), 'latin1').toString();
    answers.push({ status: Number(head[1]), headers, body });
    rest = rest.slice(start + length);
  }
}

/** An HTTP request as text. */
export function request(
  method: string,
  path: string,
  body = '',
  headers: Record<string, string> = {},
): string {
  const all = {
    host: 'localhost',
    ...(body && { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}` }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
