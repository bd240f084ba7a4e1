import Sqlite from 'better-sqlite3';
import { identityOf } from './sqlite.file.js';

/**
 * Holds a SQLite file for this process: a second server on the same file would process its orders twice.
 * An open exclusive transaction on `<file>.lock` is the lock, so the operating system frees it however the process ends.
 */
export class SqliteLock {
  readonly #connection: Sqlite.Database;
  readonly #held: [name: string, identity: string | undefined][];

  /**
   * @param file its real name: see `realFile`
   * @throws when another process still holds `file` after 3 s, the time a stopping one is given
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

  /** @throws when the file, or its lock, was taken away or replaced: what is written now is lost, or another may write too */
  check(): void {
    for (const [name, identity] of this.#held)
      if (identityOf(name) !== identity)
        throw new FileReplaced(`${name} was removed or replaced while ${this.file} was in use; start again`);
  }

  release(): void {
    this.#connection.close();
  }
}

export class FileReplaced extends Error {}
