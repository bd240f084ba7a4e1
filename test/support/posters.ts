import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from './ledger.js';

/** A client's own pause after a refusal: shorter than Retry-After says, to see more of the refusals. */
const PAUSE_MS = 20;

/** Clients that each post one order after the other, and one that is refused again until it is accepted. */
export class Posters {
  #isOver = false;
  #isAbandoned = false;
  readonly #posting: Promise<unknown>;

  /** @param urls where to, each client to one of them */
  constructor(
    private readonly urls: string[],
    private readonly ledger: Ledger,
    count: number,
  ) {
    this.#posting = Promise.all(Array.from({ length: count }, (_, client) => this.#post(client)));
    this.#posting.catch(() => undefined); // told by `stop`
  }

  /** Resolves when each client's last order is accepted. @throws when a connection failed */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#posting;
  }

  /** Resolves when nobody posts any more, whatever became of the last orders. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await this.stop().catch(() => undefined); // an error was told already, or is of no interest
  }

  async #post(client: number): Promise<void> {
    for (let number = 0; !this.#isOver; number++) {
      const order_id = `client-${client}-${number}`;
      const url = this.urls[client % this.urls.length] ?? '';
      while (!(await this.ledger.post(url, order_id)) && !this.#isAbandoned) await pause(PAUSE_MS);
    }
  }
}
