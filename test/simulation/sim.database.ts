import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WRITING } from '../../src/database/sqlite/sqlite.options.js';
import { Database, DatabaseUnavailable, type Query } from '../../src/database/database.js';
import { SqliteConnection } from '../../src/database/sqlite/sqlite.connection.js';
import { openDatabase } from '../../src/database/open.database.js';
import { SqliteDatabase } from '../../src/database/sqlite/sqlite.database.js';

/** How a transaction fails: nothing of it is stored, or all of it is and nobody is told. */
export type Fault = 'before' | 'after';

/** What decides when a call of the database goes on, and whether it fails. */
export interface DatabaseFate {
  /** Waits for the scheduler, or not, as it happens. */
  mayWait(label: string): Promise<void> | undefined;
  fault(): Fault | undefined;
}

/** A folder in memory, where there is one, with an empty database that each schedule gets a copy of. */
export class SimFiles {
  private constructor(
    private readonly folder: string,
    private readonly template: string,
  ) {}

  static async make(): Promise<SimFiles> {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ordermill-simulation-'));
    const template = join(folder, 'template.sqlite');
    await (await openDatabase(`sqlite:${template}`)).onApplicationShutdown();
    return new SimFiles(folder, template);
  }

  /** A new, empty database. */
  create(): string {
    const file = join(this.folder, 'orders.sqlite');
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    copyFileSync(this.template, file);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The real database of one process on its real file; each call goes on when fate says so, and may fail. */
export class SimDatabase extends Database {
  readonly dialect = 'sqlite';
  readonly isShared = false;
  readonly maxStatementBytes: number;
  readonly #connections: SqliteConnection[];
  readonly #real: Database;

  constructor(
    file: string,
    private readonly fate: DatabaseFate,
  ) {
    super();
    const writer = SqliteConnection.open(file, { readonly: false, pragmas: WRITING });
    const reader = SqliteConnection.open(file, { readonly: true, pragmas: [] });
    this.#connections = [reader, writer];
    // its constructor is private, because `open` takes the lock and migrates: here both are done
    const Opened = SqliteDatabase as unknown as new (...parts: unknown[]) => Database;
    this.#real = new Opened(writer, reader, { check: () => undefined }, file);
    this.maxStatementBytes = this.#real.maxStatementBytes;
  }

  readonly read: Query = async <Row>(sql: string, parameters?: unknown[]) => {
    await this.fate.mayWait('before a read');
    const rows = await this.#real.read<Row>(sql, parameters);
    await this.fate.mayWait('after a read');
    return rows;
  };

  readonly write: Query = (sql, parameters) => this.transaction((query) => query(sql, parameters));

  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    await this.fate.mayWait('before a transaction');
    const fault = this.fate.fault();
    if (fault === 'before') throw new DatabaseUnavailable(new Error('simulated: before the transaction'));
    const result = await this.#real.transaction(async (query) => {
      const done = await work(query);
      await this.fate.mayWait('before a commit');
      return done;
    });
    if (fault === 'after') throw new DatabaseUnavailable(new Error('simulated: after the commit'));
    await this.fate.mayWait('after a commit');
    return result;
  }

  ping(): Promise<void> {
    return this.#real.ping();
  }

  pendingMigrations(): Promise<number> {
    return this.#real.pendingMigrations();
  }

  freeBytes(): Promise<number | undefined> {
    return this.#real.freeBytes();
  }

  /** Finishes nothing: what is not committed is gone. */
  async onApplicationShutdown(): Promise<void> {
    for (const connection of this.#connections) connection.close();
  }
}
