import Sqlite from 'better-sqlite3';

/**
 * Holds a SQLite file for this process: a second server on the same file would process its orders twice.
 * An open exclusive transaction on `<file>.lock` is the lock, so the operating system frees it however the process ends.
 */
export class SqliteLock {
  readonly #connection: Sqlite.Database;

  /** @throws when another process still holds `file` after 3 s, the time a stopping one is given */
  constructor(file: string) {
    this.#connection = new Sqlite(`${file}.lock`, { timeout: 3000 });
    try {
      this.#connection.pragma('journal_mode = MEMORY');
      this.#connection.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#connection.close();
      if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
      throw new Error(
        `${file} is in use by another Ordermill process; one process at a time may hold a SQLite file.`,
        {
          cause: error,
        },
      );
    }
  }

  release(): void {
    this.#connection.close();
  }
}
