/** While a server stays read-only, new connections cannot help, so they are not made for each refusal. */
const RETIREMENT_MS = 1000;

/**
 * Tells connections that were made before a failover from those made after. A connection that was made while the server
 * was read-only may stay read-only for ever, and a host name may lead to another server since.
 */
export class ConnectionAges {
  /** Connections made until then are old. */
  #cutOffMs = performance.now();
  readonly #madeMs = new WeakMap<object, number>();
  readonly #used = new WeakSet<object>();

  note(connection: object): void {
    this.#madeMs.set(connection, performance.now());
  }

  /** Whether it may not be used again. One that was never noted is old. */
  isOld(connection: object): boolean {
    return (this.#madeMs.get(connection) ?? 0) <= this.#cutOffMs;
  }

  /** Notes that the pool gives out this connection. @returns whether it did so before */
  use(connection: object): boolean {
    const isReused = this.#used.has(connection);
    this.#used.add(connection);
    return isReused;
  }

  /** Makes every connection of now old. */
  retire(): void {
    this.#cutOffMs = performance.now();
  }

  /** The same, but at most once a second. */
  retireSometimes(): void {
    if (performance.now() - this.#cutOffMs > RETIREMENT_MS) this.retire();
  }
}
