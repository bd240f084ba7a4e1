import type { Query } from '../database.js';

/**
 * The connections of one process to a server. Its methods throw the driver's errors, or `StaleConnection`, after which the
 * same call gets another connection.
 */
export interface ServerPool {
  /** As `Database.maxStatementBytes`. */
  readonly maxStatementBytes: number;
  /** Runs one statement in a transaction of its own. */
  query: Query;
  /** The same; statements are committed in the order of the calls. */
  queryInOrder: Query;
  /** Waits for a connection, and begins a READ COMMITTED transaction on it. */
  begin(): Promise<Connection>;
  /** Makes every connection of now old: each is closed instead of used again. */
  retire(): void;
  /** To be called before TypeORM closes its pool. */
  close(): void;
}

/** One connection, for as long as a transaction needs it. */
export interface Connection {
  query: Query;
  /** Whether it may not be used again: an error other than a conflict, or it was made before a failover. */
  readonly isBroken: boolean;
  /** Gives it back to the pool; a broken one is closed. */
  release(): void;
  /** Closes it. */
  close(): void;
}
