import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from './database.js';

/** Logs when the database becomes unavailable for one use, and when it is available again: one line each. */
export class Availability {
  readonly #logger = new Logger('Database');
  #unavailableSinceMs: number | undefined;
  /** How often it became unavailable or available again. A use that began before the last time says nothing new. */
  #changes = 0;

  /**
   * @param what the use, as it stands in the log line: `read from`
   * @param onUnavailable called when it becomes unavailable
   */
  constructor(
    private readonly what: string,
    private readonly onUnavailable: () => void = () => undefined,
  ) {}

  get isUnavailable(): boolean {
    return this.#unavailableSinceMs !== undefined;
  }

  async watch<Result>(use: () => Promise<Result>): Promise<Result> {
    const changes = this.#changes;
    try {
      const result = await use();
      if (changes === this.#changes) this.#noteAvailable();
      return result;
    } catch (error) {
      if (changes === this.#changes) this.#note(error);
      throw error;
    }
  }

  #note(error: unknown): void {
    if (error instanceof DatabaseUnavailable) this.#noteUnavailable(error);
    else this.#noteAvailable(); // the statement was wrong, but the database answered
  }

  #noteUnavailable({ cause }: DatabaseUnavailable): void {
    if (this.isUnavailable) return;
    this.#unavailableSinceMs = performance.now();
    this.#changes++;
    this.onUnavailable();
    this.#logger.error(`cannot ${this.what} the database: ${messageOf(cause)}`);
  }

  #noteAvailable(): void {
    if (this.#unavailableSinceMs === undefined) return;
    const seconds = ((performance.now() - this.#unavailableSinceMs) / 1000).toFixed(1);
    this.#unavailableSinceMs = undefined;
    this.#changes++;
    this.#logger.log(`can ${this.what} the database again, after ${seconds} s`);
  }
}

/** Where every address of a host was tried in vain, Node's error has a code and no message. */
function messageOf(cause: unknown): string {
  const { message, code } = cause as { message?: unknown; code?: unknown };
  return String(message || code || cause);
}
