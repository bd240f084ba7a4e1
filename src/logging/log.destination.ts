import type { Writable } from 'node:stream';

/** Of lines that wait for the reader of the log. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/** How long the last lines may take at an exit. */
const DRAIN_MS = 1000;

/**
 * Where log lines go: those of one turn of the event loop are one write. A reader that stands still stops nothing and costs
 * a bounded memory: lines that find no room are dropped and counted, until half of the room is free again. When the reader
 * is gone, so is the log. (A write by pino's own destination waits in a thread of Node's, which an exit would wait for.)
 */
export class LogDestination {
  #batch = '';
  #isDropping = false;
  #dropped = 0;
  #isGone = false;

  /** @param onDropped called with the count when lines are written again */
  constructor(
    private readonly output: Writable,
    private readonly onDropped: (lines: number) => void,
  ) {
    output.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') this.#isGone = true; // after another error, such as a full disk, it may go on
    });
    process.on('exit', () => this.flush()); // whatever ended the process, its last line tells why
  }

  /** @param line with its end of line */
  write(line: string): void {
    if (this.#isGone || !this.#hasRoom()) return;
    if (this.#batch === '') setImmediate(() => this.flush());
    this.#batch += line;
  }

  /** Hands over what was gathered; as much as fits is with the system when this returns. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = '';
    if (batch !== '' && !this.#isGone) this.output.write(batch);
  }

  /** Resolves when all lines are with the system, or after a second: a reader that stands still holds up no exit. */
  async drained(): Promise<void> {
    this.flush();
    if (this.#isGone || this.output.writableLength === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, DRAIN_MS);
    this.output.once('drain', resolve).once('error', () => resolve());
    await promise;
    clearTimeout(timer);
  }

  #hasRoom(): boolean {
    const most = this.#isDropping ? MOST_WAITING_BYTES / 2 : MOST_WAITING_BYTES;
    if (this.output.writableLength + this.#batch.length > most) {
      this.#isDropping = true;
      this.#dropped++;
      return false;
    }
    if (this.#isDropping) this.#report();
    return true;
  }

  #report(): void {
    const dropped = this.#dropped;
    this.#isDropping = false;
    this.#dropped = 0;
    this.onDropped(dropped);
  }
}
