import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAIN = new URL('../dist/src/main.js', import.meta.url).pathname;
const STEPPED_CLOCK = new URL('./stepped.clock.ts', import.meta.url).pathname;
const KEPT_LINES = 100;

/** One life of the built server, from its start to its end; it can be killed at any moment, also before it is ready. */
export class Server {
  /** Instants of this life in milliseconds since 1970; 0: it did not come to that. */
  readonly spawnedAt = Date.now();
  readyAt = 0;
  endedAt = 0;
  /** From the start of the process to ready, by the monotonic clock. */
  readyAfterMs = 0;
  isKilled = false;
  /** Its address, once it is ready; undefined when it ended before. */
  readonly ready: Promise<string | undefined>;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  readonly #log: string[] = [];
  readonly #spawnedMs = performance.now();

  /** @param clockOffsetMs how far its wall clock is off, if it can be stepped */
  constructor(environment: Record<string, string>, clockOffsetMs?: number) {
    const isStepped = clockOffsetMs !== undefined;
    const clock = isStepped ? { CHAOS_CLOCK_OFFSET_MS: String(clockOffsetMs) } : undefined;
    this.#process = spawn(process.execPath, [...(isStepped ? ['--import', STEPPED_CLOCK] : []), MAIN], {
      env: { ...process.env, ...environment, ...clock, PORT: '0', LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'pipe', ...(isStepped ? ['ipc' as const] : [])],
    });
    this.ended = once(this.#process, 'exit').then(([code]) => {
      this.endedAt = Date.now();
      return code as number | null; // Node's 'exit' event
    });
    const ready = Promise.withResolvers<string | undefined>();
    this.ready = ready.promise;
    void this.ended.then(() => ready.resolve(undefined));
    for (const stream of [this.#process.stdout, this.#process.stderr])
      if (stream) createInterface(stream).on('line', (line) => this.#read(line, ready.resolve));
  }

  /** The last lines that it wrote. */
  get log(): string {
    return this.#log.join('\n');
  }

  /** Sets its wall clock, if it can be stepped and still runs. */
  stepClock(offsetMs: number): void {
    if (this.#process.connected) this.#process.send(offsetMs, () => undefined); // it may just have been killed
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.isKilled = true;
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** @returns its exit code */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    return this.ended;
  }

  #read(line: string, ready: (url: string) => void): void {
    this.#log.push(line);
    if (this.#log.length > KEPT_LINES) this.#log.shift();
    const url = /ready on (http:[^\s"]+)/.exec(line)?.[1];
    if (!url || this.isKilled) return;
    this.readyAt = Date.now();
    this.readyAfterMs = performance.now() - this.#spawnedMs;
    ready(url);
  }
}
