import type { ConnectionAges } from './connection.ages.js';
import type { Query } from './database.js';
import type { Connection } from './server.pool.js';
import { isConflict, isNotPrepared, isReadOnly, StaleConnection } from './server.trouble.js';

/** What the two drivers have in common. */
export interface DriverConnection {
  /** Tells this connection from the others. */
  raw: object;
  query: Query;
  /** Whether it was closed from the other end. */
  isLost(): boolean;
  /** Gives it back to the driver's pool. */
  release(isBroken: boolean): void;
}

/**
 * A connection that knows whether it may be used again. After any error but a conflict it is closed: errors are rare, and
 * one that is of the connection (its server is read-only now, or has forgotten its statements) would come for ever.
 */
export class PooledConnection implements Connection {
  #hasFailed = false;
  #isReleased = false;

  constructor(
    private readonly driver: DriverConnection,
    private readonly ages: ConnectionAges,
  ) {}

  get isBroken(): boolean {
    return this.#hasFailed || this.driver.isLost() || this.ages.isOld(this.driver.raw);
  }

  readonly query: Query = async <Row>(sql: string, parameters?: unknown[]) => {
    try {
      return await this.driver.query<Row>(sql, parameters);
    } catch (error) {
      if (isConflict(error)) throw error;
      this.#hasFailed = true;
      throw this.#isStale(error) ? new StaleConnection(error) : error;
    }
  };

  /** Whether another connection may take what this one refused. */
  #isStale(error: unknown): boolean {
    if (!isReadOnly(error)) return isNotPrepared(error);
    this.ages.renew();
    return this.ages.isOld(this.driver.raw);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.driver.release(this.isBroken);
  }

  close(): void {
    this.#hasFailed = true;
    this.release();
  }
}

/** A connection of the pool that may be used; those that may not are closed on the way. */
export async function usable(connect: () => Promise<Connection>): Promise<Connection> {
  for (;;) {
    const connection = await connect();
    if (!connection.isBroken) return connection;
    connection.release();
  }
}
