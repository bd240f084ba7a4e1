import type { OnApplicationShutdown } from '@nestjs/common';

/** Runs one statement with positional parameters; the rows it returns, if any. */
export type Query = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/** The database cannot take this now: busy, full, read-only, gone. The same call may succeed later. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('The database is not available at the moment; please try again.', { cause });
  }
}

/** Where everything is kept. A reader sees committed rows only, and goes on while a transaction is in trouble. */
export abstract class Database implements OnApplicationShutdown {
  /** Runs one statement that changes nothing. @throws DatabaseUnavailable */
  abstract readonly read: Query;

  /**
   * Runs `work` in one transaction; resolves when it is committed to the disk. Calls must not overlap.
   * @throws DatabaseUnavailable, or what `work` threw; either way nothing of it is stored, unless the commit itself
   *   failed in a way that leaves its outcome unknown
   */
  abstract transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;

  /** @throws DatabaseUnavailable when it cannot be read from */
  abstract ping(): Promise<void>;

  abstract onApplicationShutdown(): Promise<void>;
}
