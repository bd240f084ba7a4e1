import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';

/** One connection that carries one request after the other, by a client that minds what the server says about it. */
export class KeptConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: string) {}

  /** Bytes go as they are. @throws when the connection is reset before the answer */
  async post(body: unknown): Promise<{ status: number | undefined; isOpen: boolean }> {
    const headers = { 'content-type': 'application/json' };
    const sending = request(this.url, { method: 'POST', agent: this.#agent, headers });
    sending.end(body instanceof Uint8Array ? body : JSON.stringify(body));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    await once(answer.resume(), 'end');
    return { status: answer.statusCode, isOpen: answer.headers.connection !== 'close' };
  }

  close(): void {
    this.#agent.destroy();
  }
}
