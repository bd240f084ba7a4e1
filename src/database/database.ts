import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database as SqliteConnection } from 'better-sqlite3';
import { DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { databaseOptions } from './database.options.js';
import { SqliteLock } from './sqlite.lock.js';

/** Runs one statement with positional parameters; the rows it returns, if any. */
export type Query = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/** The database cannot take this now: busy, full, read-only, gone. The same call may succeed later. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('The database is not available at the moment; please try again.', { cause });
  }
}

/**
 * Two connections to one SQLite file: one that writes, one that reads. A reader sees committed rows only, whatever the
 * writer is in the middle of, and goes on while the writer is in trouble. The caller must not overlap transactions.
 */
@Injectable()
export class Database implements OnApplicationShutdown {
  private constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
    private readonly lock: SqliteLock,
  ) {}

  readonly #write = runner(this.writer);
  readonly #read = runner(this.reader);

  /** Connects, takes the file for this process and brings the schema up to date. */
  static async open(url: string): Promise<Database> {
    const options = databaseOptions(url);
    const lock = new SqliteLock(options.database);
    try {
      const writer = await new DataSource(options).initialize();
      await writer.runMigrations();
      const { prepareDatabase: _, ...readOptions } = options;
      const reader = await new DataSource({ ...readOptions, readonly: true }).initialize();
      return new Database(writer, reader, lock);
    } catch (error) {
      lock.release();
      throw new Error(`${options.database} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  readonly read: Query = (sql, parameters) => run(this.#read, sql, parameters);

  /**
   * Runs `work` in one transaction; resolves when it is committed to the disk.
   * @throws DatabaseUnavailable, or what `work` threw; either way nothing of it is stored, unless the commit itself
   *   failed in a way that leaves its outcome unknown
   */
  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const query: Query = (sql, parameters) => run(this.#write, sql, parameters);
    this.#rollBack();
    await begin(query);
    try {
      const result = await work(query);
      await query('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** @throws DatabaseUnavailable when it cannot be written to or read from */
  async ping(): Promise<void> {
    await this.read('SELECT name FROM migrations LIMIT 1'); // SELECT 1 would not touch the file
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reader.destroy();
    await this.writer.destroy();
    this.lock.release();
  }

  /** Leaves no transaction open. SQLite has often rolled back by itself, and then ROLLBACK would be an error. */
  #rollBack(): void {
    const connection = (this.writer.driver as unknown as { databaseConnection: SqliteConnection })
      .databaseConnection; // not in TypeORM's types
    if (connection.inTransaction) connection.exec('ROLLBACK');
  }
}

function runner(source: DataSource): QueryRunner {
  return source.createQueryRunner();
}

async function run<Row>(queryRunner: QueryRunner, sql: string, parameters?: unknown[]): Promise<Row[]> {
  try {
    return (await queryRunner.query(sql, parameters)) as Row[]; // the caller knows its statement
  } catch (error) {
    throw isTrouble(error) ? new DatabaseUnavailable(error) : error;
  }
}

/** SQLite's primary result codes for trouble of the file or the disk, not of the statement. https://sqlite.org/rescode.html */
const TROUBLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM)/;

function isTrouble(error: unknown): boolean {
  return TROUBLE.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof QueryFailedError ? String((error.driverError as { code?: unknown }).code) : '';
}

const BUSY_TRIES = 40;
const BUSY_WAIT_MS = 25;

/** Waits a while for another program that writes to the file, such as a backup, without holding up anything else. */
async function begin(query: Query): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await query('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      const isBusy = error instanceof DatabaseUnavailable && codeOf(error.cause).startsWith('SQLITE_BUSY');
      if (!isBusy || tries === BUSY_TRIES) throw error;
      await wait(BUSY_WAIT_MS);
    }
  }
}
