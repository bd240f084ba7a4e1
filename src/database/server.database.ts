import { setTimeout as wait } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { serverOptions } from './database.options.js';
import { Database, DatabaseUnavailable, type Dialect, type Query } from './database.js';
import { mysqlPool } from './mysql.pool.js';
import { postgresPool } from './postgres.pool.js';
import type { ServerPool } from './server.pool.js';
import { guard, isConflict } from './server.trouble.js';

const MOST_TRIES = 10;
const LONGEST_PAUSE_MS = 50;

/** Several processes that start at once migrate one after the other. The number is of no meaning. */
const MIGRATION_LOCK = 726_837;

/** A pool of connections to a PostgreSQL, MySQL or MariaDB server, which other processes use too. */
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
   * Connects and brings the schema up to date.
   * @param url `postgres://…` or `mysql://…`
   * @param poolSize most connections
   * @param timeoutMs after which a statement without an answer is `DatabaseUnavailable`; 0: never. Those that bring the
   *   schema up to date may take longer
   */
  static async open(url: string, poolSize: number, timeoutMs = 0): Promise<ServerDatabase> {
    const options = serverOptions(url, poolSize);
    const source = await new DataSource(options).initialize();
    try {
      await migrate(source);
      const pool =
        options.type === 'postgres' ? postgresPool(source, timeoutMs) : mysqlPool(source, timeoutMs);
      return new ServerDatabase(source, options.type, pool);
    } catch (error) {
      await source.destroy();
      throw error;
    }
  }

  readonly read: Query = <Row>(sql: string, parameters?: unknown[]) =>
    guard(() => this.pool.query<Row>(sql, parameters));

  readonly write: Query = <Row>(sql: string, parameters?: unknown[]) =>
    untilNoConflict(() => guard(() => this.pool.queryInOrder<Row>(sql, parameters)));

  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return untilNoConflict(() => this.#transaction(work));
  }

  async ping(): Promise<void> {
    await this.read('SELECT name FROM migrations LIMIT 1');
  }

  async onApplicationShutdown(): Promise<void> {
    this.pool.close();
    await this.source.destroy();
  }

  async #transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const connection = await guard(() => this.pool.begin());
    const query: Query = (sql, parameters) => guard(() => connection.query(sql, parameters));
    let isBroken = false;
    try {
      const result = await work(query);
      await query('COMMIT');
      return result;
    } catch (error) {
      await query('ROLLBACK').catch(() => (isBroken = true)); // the connection may be gone
      throw error;
    } finally {
      connection.release(isBroken);
    }
  }
}

async function untilNoConflict<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (tries === MOST_TRIES) throw new DatabaseUnavailable(error);
      await wait(Math.random() * LONGEST_PAUSE_MS); // apart, or they would meet again
    }
  }
}

async function migrate(source: DataSource): Promise<void> {
  const runner = source.createQueryRunner();
  const [lock, unlock] =
    source.options.type === 'postgres'
      ? [`SELECT pg_advisory_lock(${MIGRATION_LOCK})`, `SELECT pg_advisory_unlock(${MIGRATION_LOCK})`]
      : [
          `SELECT GET_LOCK('ordermill.${MIGRATION_LOCK}', 60)`,
          `SELECT RELEASE_LOCK('ordermill.${MIGRATION_LOCK}')`,
        ];
  try {
    await runner.query(lock);
    await source.runMigrations();
    await runner.query(unlock);
  } finally {
    await runner.release();
  }
}
