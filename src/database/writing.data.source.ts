import { DataSource, type QueryRunner } from 'typeorm';
import { migrate } from './schema/migrate.js';
import { SqliteLock } from './sqlite.lock.js';

/**
 * The data source that writes: on SQLite it holds the file for this process. Once the schema is up to date TypeORM has no
 * way through it any more: a stray `save()` would join the transaction that the write lane has open on SQLite's one writing
 * connection, and nowhere would it keep the counters. `Database` works on its driver.
 */
export class WritingDataSource extends DataSource {
  #lock: SqliteLock | undefined;
  #isSealed = false;
  readonly #closers: (() => void)[] = [];

  /** Takes the file, connects, and brings the schema up to date; after an error all of it is given back. */
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

  /** @throws FileReplaced when the file is no longer the one that was taken */
  check(): void {
    this.#lock?.check();
  }

  /** `close` is called before the connection is closed: another connection to a SQLite file must not be its last one. */
  beforeClosing(close: () => void): void {
    this.#closers.push(close);
  }

  /** Closes the other connections, its own, and gives the file back: in this order, whoever asks first. */
  override async destroy(): Promise<void> {
    for (const close of this.#closers.splice(0)) close();
    if (this.isInitialized) await super.destroy();
    this.#lock?.release();
  }
}
