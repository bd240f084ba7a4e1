import { setTimeout as wait } from 'node:timers/promises';
import { DataSource, type QueryRunner } from 'typeorm';
import { serverOptions } from './database.options.js';
import { Database, DatabaseUnavailable, type Dialect, type Query } from './database.js';

/**
 * PostgreSQL's error classes for trouble of the server or the connection, not of the statement: 08 connection,
 * 25006 read-only, 53 resources, 57 shutdown and crash, 58 system, 55P03 a lock. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const POSTGRES_TROUBLE = /^(08...|25006|53...|55P03|57P0[1-5]|57014|58...)$/;

/** The same of MySQL's driver and server. https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html */
const MYSQL_TROUBLE =
  /^(PROTOCOL_|ER_(SERVER_SHUTDOWN|CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|DISK_FULL|RECORD_FILE_FULL|LOCK_WAIT_TIMEOUT|OPTION_PREVENTS_STATEMENT|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|QUERY_INTERRUPTED|QUERY_TIMEOUT|CONNECTION_KILLED|NORMAL_SHUTDOWN|ABORTING_CONNECTION|NET_\w+|ERROR_ON_WRITE))/;

/** Of the network, on the way to either. https://nodejs.org/api/errors.html#common-system-errors */
const NETWORK_TROUBLE = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/;

/** What the drivers say without a code. */
const TROUBLE_TEXT =
  /connection terminated|timeout exceeded when trying to connect|connection is closed|closed state|queryrunneralreadyreleased|pool is closed|connection lost|driver not connected/i;

/** Two transactions got in each other's way, and this one was rolled back: it is to be tried again. */
const CONFLICT = /^(40001|40P01|ER_LOCK_DEADLOCK|ER_CHECKREAD)$/;

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
  ) {
    super();
  }

  /** Connects and brings the schema up to date. @param url `postgres://…` or `mysql://…` @param poolSize most connections */
  static async open(url: string, poolSize: number): Promise<ServerDatabase> {
    const options = serverOptions(url, poolSize);
    const source = await new DataSource(options).initialize();
    const database = new ServerDatabase(source, options.type);
    try {
      await database.#migrate();
    } catch (error) {
      await source.destroy();
      throw error;
    }
    return database;
  }

  readonly read: Query = <Row>(sql: string, parameters?: unknown[]) =>
    guard(async () => (await this.source.query(this.#text(sql), parameters)) as Row[]); // the caller knows its statement

  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#transaction(work);
      } catch (error) {
        if (!isConflict(error)) throw error;
        if (tries === MOST_TRIES) throw new DatabaseUnavailable(error);
        await wait(Math.random() * LONGEST_PAUSE_MS); // apart, or they would meet again
      }
    }
  }

  async ping(): Promise<void> {
    await this.read('SELECT name FROM migrations LIMIT 1');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.source.destroy();
  }

  async #transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const runner = this.source.createQueryRunner();
    try {
      await guard(() =>
        this.dialect === 'postgres' ? runner.startTransaction() : runner.startTransaction('READ COMMITTED'),
      ); // PostgreSQL's default
      const result = await work((sql, parameters) => this.#run(runner, sql, parameters));
      await guard(() => runner.commitTransaction());
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined); // the connection may be gone
      throw error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  }

  #run<Row>(runner: QueryRunner, sql: string, parameters?: unknown[]): Promise<Row[]> {
    return guard(async () => {
      const { records } = await runner.query(this.#text(sql), parameters, true); // plainly, an UPDATE's rows would come with their count
      return (records ?? []) as Row[]; // as above
    });
  }

  #text(sql: string): string {
    return this.dialect === 'postgres' ? numbered(sql) : sql;
  }

  async #migrate(): Promise<void> {
    const runner = this.source.createQueryRunner();
    const [lock, unlock] =
      this.dialect === 'postgres'
        ? [`SELECT pg_advisory_lock(${MIGRATION_LOCK})`, `SELECT pg_advisory_unlock(${MIGRATION_LOCK})`]
        : [
            `SELECT GET_LOCK('ordermill.${MIGRATION_LOCK}', 60)`,
            `SELECT RELEASE_LOCK('ordermill.${MIGRATION_LOCK}')`,
          ];
    try {
      await runner.query(lock);
      await this.source.runMigrations();
      await runner.query(unlock);
    } finally {
      await runner.release();
    }
  }
}

const numberedBySql = new Map<string, string>();

/** PostgreSQL's form of positional parameters: `$1` for the first `?`. No statement here has a `?` of another meaning. */
function numbered(sql: string): string {
  let text = numberedBySql.get(sql);
  if (text === undefined) {
    let count = 0;
    text = sql.replaceAll('?', () => `$${++count}`);
    numberedBySql.set(sql, text);
  }
  return text;
}

async function guard<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw isTrouble(error) ? new DatabaseUnavailable(error) : error;
  }
}

function isTrouble(error: unknown): boolean {
  const code = codeOf(error);
  return (
    POSTGRES_TROUBLE.test(code) ||
    MYSQL_TROUBLE.test(code) ||
    NETWORK_TROUBLE.test(code) ||
    (code === '' && TROUBLE_TEXT.test(String(error)))
  );
}

function isConflict(error: unknown): boolean {
  return CONFLICT.test(codeOf(error));
}

/** TypeORM wraps the driver's error. */
function codeOf(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : '';
}
