import Sqlite from 'better-sqlite3';
import { identityOf } from './sqlite.file.js';

/**
 * Locks a SQLite file for this process: a second server on the same file would process its orders twice. The lock is an
 * open exclusive transaction on `<file>.lock`, so the operating system releases it however the process ends.
 */
export class SqliteLock {
  readonly #connection: Sqlite.Database;
  readonly #held: [name: string, identity: string | undefined][];

  /**
   * @param file its real name: see `realFile`
   * @throws when another process still holds the lock after 3 s, which a stopping one has to release it
   */
  constructor(private readonly file: string) {
    const name = `${file}.lock`;
    this.#connection = new Sqlite(name, { timeout: 3000 });
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
    this.#held = [file, name].map((held) => [held, identityOf(held)]);
  }

  /**
   * @throws FileReplaced when the file or its lock was removed or replaced: writes would be lost, or another process may
   *   write too
   */
  check(): void {
    for (const [name, identity] of this.#held)
      if (identityOf(name) !== identity)
        throw new FileReplaced(`${name} was removed or replaced while ${this.file} was in use; start again`);
  }

  release(): void {
    this.#connection.close();
  }
}

/** Another file, or none, stands where the locked one stood. */
export class FileReplaced extends Error {}
