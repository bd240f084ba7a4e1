import { setTimeout as wait } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { sqliteOptions, WRITING } from './database.options.js';
import { Database, DatabaseUnavailable, type Query } from './database.js';
import { SqliteConnection } from './sqlite.connection.js';
import { SqliteLock } from './sqlite.lock.js';

/** SQLite's primary result codes for trouble of the file or the disk, not of the statement. https://sqlite.org/rescode.html */
const TROUBLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM)/;

const BUSY_TRIES = 40;
const BUSY_WAIT_MS = 25;

/** Two connections to one SQLite file that this process alone may use: one that writes and one that reads. */
export class SqliteDatabase extends Database {
  readonly dialect = 'sqlite';
  readonly isShared = false;

  private constructor(
    private readonly writer: SqliteConnection,
    private readonly reader: SqliteConnection,
    private readonly lock: SqliteLock,
  ) {
    super();
  }

  /** Takes the file for this process, brings the schema up to date and connects. */
  static async open(url: string): Promise<SqliteDatabase> {
    const options = sqliteOptions(url);
    const file = options.database;
    const lock = new SqliteLock(file);
    try {
      const source = await new DataSource(options).initialize();
      await source.runMigrations();
      await source.destroy();
      const writer = new SqliteConnection(file, { readonly: false, pragmas: WRITING });
      return new SqliteDatabase(writer, new SqliteConnection(file, { readonly: true, pragmas: [] }), lock);
    } catch (error) {
      lock.release();
      throw new Error(`${file} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  readonly read: Query = runner(this.reader);

  readonly write: Query = (sql, parameters) => this.transaction((query) => query(sql, parameters));

  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    this.writer.rollBack(); // the last one's own may have failed
    await this.#begin();
    try {
      const result = await work(this.#run);
      await this.#run('COMMIT');
      return result;
    } catch (error) {
      this.writer.rollBack();
      throw error;
    }
  }

  async ping(): Promise<void> {
    await this.read('SELECT name FROM migrations LIMIT 1'); // SELECT 1 would not touch the file
  }

  async onApplicationShutdown(): Promise<void> {
    this.reader.close();
    this.writer.close();
    this.lock.release();
  }

  readonly #run: Query = runner(this.writer);

  /** Waits a while for another program that writes to the file, such as a backup, without holding up anything else. */
  async #begin(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#run('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        const isBusy = error instanceof DatabaseUnavailable && codeOf(error.cause).startsWith('SQLITE_BUSY');
        if (!isBusy || tries === BUSY_TRIES) throw error;
        await wait(BUSY_WAIT_MS);
      }
    }
  }
}

function runner(connection: SqliteConnection): Query {
  return async <Row>(sql: string, parameters: unknown[] = []) => {
    try {
      return connection.run(sql, parameters) as Row[]; // the caller knows its statement
    } catch (error) {
      throw TROUBLE.test(codeOf(error)) ? new DatabaseUnavailable(error) : error;
    }
  };
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
