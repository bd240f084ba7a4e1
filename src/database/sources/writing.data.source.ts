import { DataSource, type QueryRunner } from 'typeorm';
import { migrate } from '../schema/migrate.js';
import { SqliteLock } from '../sqlite/sqlite.lock.js';

/**
 * The data source that writes; on SQLite it holds the lock on the file. `Database` works on its driver's connections. After
 * the migrations it makes no query runner any more: a stray `save()` would join the group commit's open transaction on
 * SQLite's one writing connection, and would not update the counters on any database.
 */
export class WritingDataSource extends DataSource {
  #lock: SqliteLock | undefined;
  #isSealed = false;
  readonly #closers: (() => void)[] = [];

  /** Locks the file, connects, and brings the schema up to date; after an error it closes and unlocks again. */
  override async initialize(): Promise<this> {
    const { options } = this;
    if (options.type === 'better-sqlite3') this.#lock = new SqliteLock(options.database);
    try {
      await super.initialize();
      await migrate(this);
      this.#isSealed = true;
      return this;
    } catch (error) {
      if (this.isInitialized) await super.destroy();
      this.#lock?.release();
      if (options.type !== 'better-sqlite3') throw error;
      throw new Error(`${options.database} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  override createQueryRunner(mode?: 'master' | 'slave'): QueryRunner {
    if (this.#isSealed)
      throw new Error(
        'orders are written by OrdersStore only, and read by repositories of the data source "reader"',
      );
    return super.createQueryRunner(mode);
  }

  /** @throws FileReplaced when the file is no longer the one that was locked */
  check(): void {
    this.#lock?.check();
  }

  /**
   * `close` is called before this data source's own connection is closed: on SQLite that must be the last one, because the
   * last connection writes the log back into the file.
   */
  beforeClosing(close: () => void): void {
    this.#closers.push(close);
  }

  /** Closes the other connections, then its own, then unlocks the file. May be called more than once. */
  override async destroy(): Promise<void> {
    for (const close of this.#closers.splice(0)) close();
    if (this.isInitialized) await super.destroy();
    this.#lock?.release();
  }
}
