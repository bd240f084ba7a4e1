/** How young a connection must be for what it says of the server to be true of a new one too. */
const YOUNG_MS = 1000;

/**
 * Tells connections that were made before a failover from those made after. A server that was read-only when a connection
 * was made may be so for that connection for ever, and one behind a name that now leads elsewhere is another server.
 */
export class ConnectionAges {
  #newestOldMs = performance.now();
  readonly #madeMs = new WeakMap<object, number>();

  note(connection: object): void {
    this.#madeMs.set(connection, performance.now());
  }

  /** Whether it is not to be used again; as is one that was never noted. */
  isOld(connection: object): boolean {
    return (this.#madeMs.get(connection) ?? 0) <= this.#newestOldMs;
  }

  /** Every connection made until now is old. Said again within a second it is ignored: a read-only server is asked seldom. */
  renew(): void {
    const now = performance.now();
    if (now - this.#newestOldMs > YOUNG_MS) this.#newestOldMs = now;
  }
}
