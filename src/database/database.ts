import type { OnApplicationShutdown } from '@nestjs/common';

/** Runs one statement with positional parameters; the rows it returns, if any. */
export type Query = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/**
 * Prefix of a statement whose best plan depends on its parameters, or whose text holds values. It is not prepared for
 * good: PostgreSQL plans it at each call, SQLite keeps only the latest such statements.
 */
export const PLANNED_ANEW = '/* planned anew */';

/** The database is unavailable: busy, full, read-only, gone. The same call may succeed later. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('The database is not available at the moment; please try again.', { cause });
  }
}

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

/** The seam to the database. A read sees committed rows only, and never waits for a transaction. */
export abstract class Database implements OnApplicationShutdown {
  abstract readonly dialect: Dialect;

  /** Whether other processes may write to it at the same time. */
  abstract readonly isShared: boolean;

  /** Most bytes that a statement's text and parameters may have together. */
  abstract readonly maxStatementBytes: number;

  /** Runs one statement that changes nothing. @throws DatabaseUnavailable */
  abstract readonly read: Query;

  /**
   * Runs one statement in a transaction of its own; resolves when it is committed to the disk. Statements are committed
   * in the order of the calls, except one that is run again after a conflict. @throws as `transaction`
   */
  abstract readonly write: Query;

  /**
   * Runs `work` in one transaction; resolves when it is committed to the disk. On SQLite they run one after the other, with
   * those of `write`, so `work` must not ask for another one. On a server, `work` runs again from its beginning when a conflict rolled it back.
   * @throws DatabaseUnavailable, or what `work` threw; either way nothing of it is stored, unless the commit itself
   *   failed in a way that leaves its outcome unknown
   */
  abstract transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;

  /** Checks that writes are possible, and changes nothing. @throws DatabaseUnavailable when orders cannot be accepted */
  abstract ping(): Promise<void>;

  /** How many migrations of this version it lacks. @throws DatabaseUnavailable */
  abstract pendingMigrations(): Promise<number>;

  /** Free bytes of the disk with the orders; undefined where only the server knows. */
  abstract freeBytes(): Promise<number | undefined>;

  abstract onApplicationShutdown(): Promise<void>;
}
