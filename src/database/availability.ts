import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from './database.js';

/** Says in the log when the database can no longer be used for something, and when it can again: once each. */
export class Availability {
  readonly #logger = new Logger('Database');
  #awaySinceMs: number | undefined;

  /** @param what it is used for: `read from` */
  constructor(private readonly what: string) {}

  get isAway(): boolean {
    return this.#awaySinceMs !== undefined;
  }

  async watch<Result>(use: () => Promise<Result>): Promise<Result> {
    try {
      const result = await use();
      this.#cameBack();
      return result;
    } catch (error) {
      if (error instanceof DatabaseUnavailable) this.#wentAway(error);
      else this.#cameBack(); // it answered
      throw error;
    }
  }

  #wentAway({ cause }: DatabaseUnavailable): void {
    if (this.isAway) return;
    this.#awaySinceMs = performance.now();
    this.#logger.error(`cannot ${this.what} the database: ${messageOf(cause)}`);
  }

  #cameBack(): void {
    if (this.#awaySinceMs === undefined) return;
    const seconds = ((performance.now() - this.#awaySinceMs) / 1000).toFixed(1);
    this.#awaySinceMs = undefined;
    this.#logger.log(`can ${this.what} the database again, after ${seconds} s`);
  }
}

/** Of all addresses of a host that were tried in vain, Node says nothing but their codes. */
function messageOf(cause: unknown): string {
  const { message, code } = cause as { message?: unknown; code?: unknown };
  return String(message || code || cause);
}
