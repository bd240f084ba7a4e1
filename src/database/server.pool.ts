import type { Query } from './database.js';

/**
 * The connections of one process to a server. What their methods throw is the driver's; or `StaleConnection`, after which
 * the same call finds another connection.
 */
export interface ServerPool {
  /** As `Database.maxStatementBytes`. */
  readonly maxStatementBytes: number;
  /** Runs one statement in a transaction of its own. */
  query: Query;
  /** The same, in the order of the calls. */
  queryInOrder: Query;
  /** Waits for a connection, and begins a transaction on it: READ COMMITTED, which is PostgreSQL's default. */
  begin(): Promise<Connection>;
  /** To be called before TypeORM closes the connections. */
  close(): void;
}

/** One connection, for as long as a transaction needs it. */
export interface Connection {
  query: Query;
  /** Whether it may not be used again: a statement failed otherwise than by a conflict, or it is from before a failover. */
  readonly isBroken: boolean;
  /** Gives it back; a broken one is closed. */
  release(): void;
  /** Gives it back to be closed. */
  close(): void;
}
