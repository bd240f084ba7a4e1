import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Stands between a process and its database, as a network does that slows down, stands still or breaks; and may change
 * what the process says, in as many bytes, or the database is confused.
 */
export class Proxy {
  /** What is done to each chunk on its way to the database; each holds whole messages, as clients of databases write them. */
  rewrite: (chunk: Buffer) => Buffer = (chunk) => chunk;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** While it stands still: resolves when it goes on. */
  #gate: PromiseWithResolvers<void> | undefined;
  #delayMs = 0;

  private constructor(private readonly target: URL) {
    this.#server = createServer((client) => this.#join(client));
  }

  static async open(target: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The target's URL, by way of here. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port); // it listens on TCP
    return url.href;
  }

  /** Nothing passes, and no connection is closed. */
  stall(): void {
    this.#gate ??= Promise.withResolvers();
  }

  /** Everything passes, and at once. */
  resume(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
    this.#delayMs = 0;
  }

  /** Whatever is sent arrives later, in its order. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Breaks every connection there is, whatever is under way. */
  cut(): void {
    for (const socket of this.#sockets) reset(socket);
  }

  close(): void {
    this.resume();
    this.#server.close();
    this.cut();
  }

  #join(client: Socket): void {
    const database = connect(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => reset(to)); // a reset is an end like any other
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes: Buffer) => {
        from.pause();
        void this.#passage().then(() => {
          to.write(from === client ? this.rewrite(bytes) : bytes);
          from.resume();
        });
      });
    }
  }

  async #passage(): Promise<void> {
    if (this.#delayMs > 0) await wait(this.#delayMs);
    while (this.#gate) await this.#gate.promise;
  }
}

/** A socket that has said its end cannot be reset any more: Node would keep it open for ever (`reset EINVAL`). */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
