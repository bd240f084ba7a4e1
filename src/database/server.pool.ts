import type { Query } from './database.js';

/** The connections of one process to a server. What their methods throw is the driver's. */
export interface ServerPool {
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
  /** Gives it back; one that may not be used again is closed. */
  release(isBroken: boolean): void;
}
