import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Availability } from './availability.js';
import { Database, DatabaseUnavailable, type Dialect, type Query } from './database.js';
import { mysqlPool } from './mysql.pool.js';
import { postgresPool } from './postgres.pool.js';
import type { ServerPool } from './server.pool.js';
import { guard, isToBeTriedAgain } from './server.trouble.js';
import type { WritingDataSource } from './writing.data.source.js';

const MOST_TRIES = 10;
const LONGEST_PAUSE_MS = 50;

/** The data source's pool of connections to a PostgreSQL, MySQL or MariaDB server, which other processes use too. */
export class ServerDatabase extends Database {
  readonly isShared = true;

  private constructor(
    private readonly source: DataSource,
    readonly dialect: Dialect,
    private readonly pool: ServerPool,
  ) {
    super();
  }

  /**
   * @param source that was initialized, for a server
   * @param timeoutMs after which a statement without an answer is `DatabaseUnavailable`; 0: never
   */
  static async on(source: WritingDataSource, timeoutMs: number): Promise<ServerDatabase> {
    const dialect = source.options.type === 'postgres' ? 'postgres' : 'mysql';
    const pool =
      dialect === 'postgres' ? postgresPool(source, timeoutMs) : await mysqlPool(source, timeoutMs);
    source.beforeClosing(() => pool.close());
    return new ServerDatabase(source, dialect, pool);
  }

  get maxStatementBytes(): number {
    return this.pool.maxStatementBytes;
  }

  readonly read: Query = <Row>(sql: string, parameters?: unknown[]) =>
    this.#reads.watch(() => untilTaken(() => this.pool.query<Row>(sql, parameters)));

  readonly write: Query = <Row>(sql: string, parameters?: unknown[]) =>
    this.#writes.watch(() => untilTaken(() => this.pool.queryInOrder<Row>(sql, parameters)));

  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.#writes.watch(() => untilTaken(() => this.#transaction(work)));
  }

  /** By the way of the orders; it changes no row, and is refused as any write would be. */
  async ping(): Promise<void> {
    await this.write('UPDATE order_counters SET value = value WHERE 1 = 0');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.source.destroy();
  }

  /** A statement that failed fails the transaction, whatever `work` makes of it: PostgreSQL would answer COMMIT with ROLLBACK. */
  async #transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const connection = await this.pool.begin();
    let failure: { error: unknown } | undefined;
    const query: Query = async <Row>(sql: string, parameters?: unknown[]) => {
      try {
        return await guard(() => connection.query<Row>(sql, parameters));
      } catch (error) {
        failure ??= { error };
        throw error;
      }
    };
    try {
      const result = await work(query);
      if (failure) throw failure.error;
      await query('COMMIT');
      return result;
    } catch (error) {
      if (!connection.isBroken) await connection.query('ROLLBACK').catch(() => undefined); // it is broken then
      throw error;
    } finally {
      connection.release();
    }
  }

  readonly #reads = new Availability('read from');
  readonly #writes = new Availability('write to');
}

async function untilTaken<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await guard(run);
    } catch (error) {
      if (!isToBeTriedAgain(error)) throw error;
      if (tries === MOST_TRIES) throw new DatabaseUnavailable(error);
      await wait(Math.random() * LONGEST_PAUSE_MS); // apart, or they would meet again
    }
  }
}
