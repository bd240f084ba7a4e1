import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from './database.js';

/** Logs when the database becomes unavailable for one use, and when it is available again: one line each. */
export class Availability {
  readonly #logger = new Logger('Database');
  #unavailableSinceMs: number | undefined;

  /** @param what the use, as it stands in the log line: `read from` */
  constructor(private readonly what: string) {}

  get isUnavailable(): boolean {
    return this.#unavailableSinceMs !== undefined;
  }

  async watch<Result>(use: () => Promise<Result>): Promise<Result> {
    try {
      const result = await use();
      this.#noteAvailable();
      return result;
    } catch (error) {
      if (error instanceof DatabaseUnavailable) this.#noteUnavailable(error);
      else this.#noteAvailable(); // the statement was wrong, but the database answered
      throw error;
    }
  }

  #noteUnavailable({ cause }: DatabaseUnavailable): void {
    if (this.isUnavailable) return;
    this.#unavailableSinceMs = performance.now();
    this.#logger.error(`cannot ${this.what} the database: ${messageOf(cause)}`);
  }

  #noteAvailable(): void {
    if (this.#unavailableSinceMs === undefined) return;
    const seconds = ((performance.now() - this.#unavailableSinceMs) / 1000).toFixed(1);
    this.#unavailableSinceMs = undefined;
    this.#logger.log(`can ${this.what} the database again, after ${seconds} s`);
  }
}

/** Where every address of a host was tried in vain, Node's error has a code and no message. */
function messageOf(cause: unknown): string {
  const { message, code } = cause as { message?: unknown; code?: unknown };
  return String(message || code || cause);
}
