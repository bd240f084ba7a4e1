import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAIN = new URL('../../dist/src/copy/main.js', import.meta.url).pathname;

/** `npm run db:copy` as a process of its own, which can be killed. */
export class CopyCommand {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #lines: string[] = [];

  /** @param onLine is told each line as it comes */
  constructor(from: string, to: string, options: string[] = [], onLine?: (line: string) => void) {
    this.#process = spawn(process.execPath, [MAIN, '--from', from, '--to', to, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#process, 'close').then(([code]) => code as number | null); // Node's 'close' event
    for (const stream of [this.#process.stdout, this.#process.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => {
          this.#lines.push(line);
          onLine?.(line);
        });
  }

  /** Runs it to its end; its exit status and all that it said. */
  static run(from: string, to: string, ...options: string[]): Promise<{ code: number | null; said: string }> {
    return new CopyCommand(from, to, options).end();
  }

  /** Sends a signal when it has copied some orders and not all. */
  static interrupted(from: string, to: string, options: string[], signal: NodeJS.Signals) {
    const command: CopyCommand = new CopyCommand(from, to, options, (line) => {
      if (line.startsWith('copied ')) command.#process.kill(signal);
    });
    return command.end();
  }

  async end(): Promise<{ code: number | null; said: string }> {
    const code = await this.#ended;
    return { code, said: this.#lines.join('\n') };
  }
}
