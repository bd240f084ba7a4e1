import type { ConnectionAges } from './connection.ages.js';
import type { Query } from '../database.js';
import type { Connection } from './server.pool.js';
import { isConflict, isNotPrepared, isReadOnly, StaleConnection } from './server.errors.js';

/** One connection as both drivers can offer it. */
export interface DriverConnection {
  /** The driver's own object, which identifies the connection. */
  raw: object;
  query: Query;
  /** Whether the server closed it. */
  isLost(): boolean;
  /** Gives it back to the driver's pool. */
  release(isBroken: boolean): void;
}

/**
 * A connection that knows whether it may be used again. After any error but a conflict it is closed: errors are rare, and
 * one that belongs to the connection (read-only, prepared statements gone) would come back on every later use.
 */
export class PooledConnection implements Connection {
  #hasFailed = false;
  #isReleased = false;
  readonly #isReused: boolean;

  constructor(
    private readonly driver: DriverConnection,
    private readonly ages: ConnectionAges,
  ) {
    this.#isReused = ages.use(driver.raw);
  }

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

  /** Whether another connection may accept what this one refused: not if this one was made for the call, or a moment ago. */
  #isStale(error: unknown): boolean {
    if (!isReadOnly(error)) return isNotPrepared(error);
    this.ages.retireSometimes();
    return this.#isReused || this.ages.isOld(this.driver.raw);
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

/** Takes connections from the pool until one may be used; the others are closed. */
export async function usable(connect: () => Promise<Connection>): Promise<Connection> {
  for (;;) {
    const connection = await connect();
    if (!connection.isBroken) return connection;
    connection.release();
  }
}
