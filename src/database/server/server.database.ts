import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Availability } from '../availability.js';
import { Database, DatabaseUnavailable, type Dialect, type Query } from '../database.js';
import { pendingMigrations } from '../schema/pending.js';
import { mysqlPool } from './mysql/mysql.pool.js';
import { postgresPool } from './postgres/postgres.pool.js';
import type { ServerPool } from './server.pool.js';
import { isRetryable, translated } from './server.errors.js';
import type { WritingDataSource } from '../sources/writing.data.source.js';

/** Of one transaction or statement that is rolled back by conflicts. */
const MAX_TRIES = 10;
const MAX_PAUSE_MS = 50;

/**
 * A PostgreSQL, MySQL or MariaDB server, which other processes use too, through the data source's pool of connections.
 * Runs again what a conflict rolled back.
 */
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
   * @param source initialized, of a server
   * @param timeoutMs a statement without an answer for so long is `DatabaseUnavailable`; 0: never
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
    this.#reads.watch(() => retried(() => this.pool.query<Row>(sql, parameters)));

  readonly write: Query = <Row>(sql: string, parameters?: unknown[]) =>
    this.#writes.watch(() => retried(() => this.pool.queryInOrder<Row>(sql, parameters)));

  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.#writes.watch(() => retried(() => this.#transaction(work)));
  }

  /** Takes the same way as new orders. It changes no row, but a server that refuses writes refuses it too. */
  async ping(): Promise<void> {
    await this.write('UPDATE order_counters SET value = value WHERE 1 = 0');
  }

  pendingMigrations(): Promise<number> {
    return pendingMigrations(this.read);
  }

  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.source.destroy();
  }

  /** A failed statement fails the transaction even if `work` catches its error: PostgreSQL rolls back at COMMIT then. */
  async #transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const connection = await this.pool.begin();
    let failure: { error: unknown } | undefined;
    const query: Query = async <Row>(sql: string, parameters?: unknown[]) => {
      try {
        return await translated(() => connection.query<Row>(sql, parameters));
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
      if (!connection.isBroken) await connection.query('ROLLBACK').catch(() => undefined); // the connection is broken then
      throw error;
    } finally {
      connection.release();
    }
  }

  readonly #reads = new Availability('read from');
  readonly #writes = new Availability('write to', () => this.pool.retire());
}

/** Runs `run` again, after a pause, while it fails by a conflict. @throws DatabaseUnavailable after the last try */
async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await translated(run);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (tries === MAX_TRIES) throw new DatabaseUnavailable(error);
      await wait(Math.random() * MAX_PAUSE_MS); // random, or the same two would be in conflict again
    }
  }
}
