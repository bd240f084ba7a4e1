import { statfs } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database as Connection } from 'better-sqlite3';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { Availability } from '../availability.js';
import { Database, DatabaseUnavailable, type Query } from '../database.js';
import { pendingMigrations } from '../schema/pending.js';
import { SqliteConnection } from './sqlite.connection.js';
import { FileReplaced } from './sqlite.lock.js';
import type { WritingDataSource } from '../sources/writing.data.source.js';

/**
 * SQLite's result codes that say the file or the disk is unavailable, not that the statement is wrong.
 * @see https://sqlite.org/rescode.html
 */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|PERM)/;

/** Another program that writes to the file, such as a backup, is waited for: 40 times 25 ms. */
const BUSY_TRIES = 40;
const BUSY_WAIT_MS = 25;

/** For this time after a commit `ping` takes it as proven that the disk takes writes, and does not write itself. */
const PROVEN_MS = 1000;

/** Inserts a row of 16 KiB and deletes it in one transaction: it needs disk space as an order does, and leaves nothing. */
const REHEARSAL = `
  INSERT INTO order_counters (name, slot, value) VALUES (HEX(ZEROBLOB(8192)), -1, 0);
  DELETE FROM order_counters WHERE slot = -1`;

/**
 * A SQLite file that this process alone may use, by two connections: the data source's, which writes, and one that reads.
 * Waits for other programs that lock the file for a moment.
 */
export class SqliteDatabase extends Database {
  readonly dialect = 'sqlite';
  readonly isShared = false;
  readonly maxStatementBytes = 256 * 1024 * 1024; // far below SQLITE_MAX_LENGTH, by default 1,000,000,000 for one value

  private constructor(
    private readonly writer: SqliteConnection,
    private readonly reader: SqliteConnection,
    private readonly source: Pick<WritingDataSource, 'check' | 'destroy'>,
    private readonly file: string,
  ) {
    super();
  }

  /** @param source initialized, of a file */
  static on(source: WritingDataSource): SqliteDatabase {
    const { databaseConnection, options } = source.driver as BetterSqlite3Driver;
    const reader = SqliteConnection.open(options.database, { readonly: true, pragmas: [] });
    source.beforeClosing(() => reader.close());
    const writer = new SqliteConnection(databaseConnection as Connection); // TypeORM types it as any
    return new SqliteDatabase(writer, reader, source, options.database);
  }

  readonly read: Query = <Row>(sql: string, parameters?: unknown[]) =>
    this.#reads.watch(async () => runOn<Row>(this.reader, sql, parameters));

  readonly write: Query = (sql, parameters) => this.transaction((query) => query(sql, parameters));

  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.#writes.watch(() => this.#inTurn(() => this.#transaction(work)));
  }

  /** Writes, unless something was committed just now: only a write shows that the disk is not full. */
  async ping(): Promise<void> {
    await this.read('SELECT name FROM migrations LIMIT 1'); // SELECT 1 would not touch the file
    const isProven = !this.#writes.isUnavailable && performance.now() - this.#committedMs < PROVEN_MS;
    if (isProven || this.#isWriting) return this.#check();
    await this.#writes.watch(async () => {
      this.#check();
      await whenFree(() => {
        if (this.#isWriting) return;
        translated(() => this.writer.runAlone(REHEARSAL));
        this.#committedMs = performance.now();
      });
    });
  }

  pendingMigrations(): Promise<number> {
    return pendingMigrations(this.read);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.file);
    return bavail * bsize;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.source.destroy();
  }

  readonly #reads = new Availability('read from');
  readonly #writes = new Availability('write to');
  /** Resolves when the last transaction in line has ended; undefined: none is under way. */
  #lastTurn: Promise<void> | undefined;
  #isWriting = false;
  #committedMs = -Infinity;

  /** One at a time, in the order of the calls: there is one connection that writes. */
  async #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const before = this.#lastTurn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastTurn = promise;
    if (before) await before;
    try {
      return await run();
    } finally {
      if (this.#lastTurn === promise) this.#lastTurn = undefined;
      resolve();
    }
  }

  async #transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const query: Query = async <Row>(sql: string, parameters?: unknown[]) =>
      runOn<Row>(this.writer, sql, parameters);
    this.#check();
    this.writer.rollBack(); // that of the last transaction may have failed
    await whenFree(() => {
      runOn(this.writer, 'BEGIN IMMEDIATE');
      this.#isWriting = true;
    });
    try {
      const result = await work(query);
      await query('COMMIT');
      this.#committedMs = performance.now();
      return result;
    } catch (error) {
      this.writer.rollBack();
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  #check(): void {
    translated(() => this.source.check());
  }
}

/** Tries to begin until the file is free, without blocking the process. */
async function whenFree(begin: () => void): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return begin();
    } catch (error) {
      const isBusy = error instanceof DatabaseUnavailable && codeOf(error.cause).startsWith('SQLITE_BUSY');
      if (!isBusy || tries === BUSY_TRIES) throw error;
      await wait(BUSY_WAIT_MS);
    }
  }
}

function runOn<Row>(connection: SqliteConnection, sql: string, parameters: unknown[] = []): Row[] {
  return translated(() => connection.run(sql, parameters) as Row[]); // the caller knows its statement
}

/** @throws DatabaseUnavailable when the file or the disk is unavailable; else what `use` threw */
function translated<Result>(use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    const isUnavailable = error instanceof FileReplaced || UNAVAILABLE.test(codeOf(error));
    throw isUnavailable ? new DatabaseUnavailable(error) : error;
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
