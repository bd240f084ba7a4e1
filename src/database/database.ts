import type { OnApplicationShutdown } from '@nestjs/common';

/** Runs one statement with positional parameters; the rows it returns, if any. */
export type Query = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/**
 * At the head of a statement whose best plan depends on its parameters, or whose text holds values: PostgreSQL plans it each
 * time, and not once for any; SQLite keeps few of them prepared.
 */
export const PLANNED_ANEW = '/* planned anew */';

/** The database cannot take this now: busy, full, read-only, gone. The same call may succeed later. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('The database is not available at the moment; please try again.', { cause });
  }
}

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

/** Where everything is kept. A reader sees committed rows only, and goes on while a transaction cannot. */
export abstract class Database implements OnApplicationShutdown {
  abstract readonly dialect: Dialect;

  /** Whether other processes may write to it at the same time. */
  abstract readonly isShared: boolean;

  /** How many bytes of text and parameters one statement may hold, whatever characters they are of. */
  abstract readonly maxStatementBytes: number;

  /** Runs one statement that changes nothing. @throws DatabaseUnavailable */
  abstract readonly read: Query;

  /**
   * Runs one statement in a transaction of its own; resolves when it is committed to the disk. Statements are committed
   * in the order of the calls, but for one that got in another's way and is run again. @throws as `transaction`
   */
  abstract readonly write: Query;

  /**
   * Runs `work` in one transaction; resolves when it is committed to the disk. On SQLite, calls must not overlap, nor
   * with `write`. Where transactions may get in each other's way, `work` may run several times, each from the beginning.
   * @throws DatabaseUnavailable, or what `work` threw; either way nothing of it is stored, unless the commit itself
   *   failed in a way that leaves its outcome unknown
   */
  abstract transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;

  /** Asks the way that writes take, and changes nothing. @throws DatabaseUnavailable when orders cannot be taken */
  abstract ping(): Promise<void>;

  abstract onApplicationShutdown(): Promise<void>;
}
