import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProbeReport } from './probe.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const PROBE = path('./probe.ts');

/** The flags for Node with which `npm run start:prod` starts Ordermill. */
const { scripts } = JSON.parse(readFileSync(path('../../package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const FLAGS = scripts['start:prod']?.match(/--\S+/g) ?? [];

/** What can be started: Ordermill as it is built, and what it is compared with. */
export const PROGRAMS = {
  ordermill: path('../../dist/src/main.js'),
  /** Another build of it, `…/dist/src/main.js`, to see what a change costs. */
  before: process.env['BENCH_BEFORE'] ?? '',
  unstored: path('../dist/bench/baselines/unstored.js'),
  plain: path('../dist/bench/baselines/plain.js'),
  textbook: path('../dist/bench/baselines/textbook.js'),
  bare: path('../dist/bench/baselines/bare.js'),
};

/** Orders are accepted and stay in the queue, however many: one is Processing for a day. */
export const PAUSED = {
  PROCESSOR_CONCURRENCY: 1,
  PROCESSING_TIME_MS: 86_400_000,
  QUEUE_MAX_PENDING: 1_000_000_000,
};

export interface Metrics {
  total_orders: number;
  pending_orders: number;
  processing_orders: number;
  completed_orders: number;
}

export interface ServerOptions {
  environment?: Record<string, string | number>;
  /** Where its database is; without one, in a folder of its own that goes with it. */
  folder?: string;
  /** Whether it can be asked about its memory and its event loop. */
  probe?: boolean;
}

/** A folder that goes away with its scope. */
export function temporaryFolder(): { path: string; database: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'ordermill-bench-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove); // a run that fails, or is interrupted, leaves nothing behind either
  const dispose = () => {
    process.off('exit', remove);
    remove();
  };
  return { path, database: join(path, 'orders.sqlite'), [Symbol.dispose]: dispose };
}

/** A server process, ready to answer. It is killed at the end of its scope: what it leaves behind is nobody's. */
export class Server implements AsyncDisposable {
  readonly url: string;
  /** From its start until it said that it is ready. */
  readonly readyMs: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string, readyMs: number) {
    this.#process = process;
    this.url = url;
    this.readyMs = readyMs;
  }

  static async start(
    program: keyof typeof PROGRAMS,
    { environment = {}, folder, probe = false }: ServerOptions = {},
  ): Promise<Server> {
    const own = folder ? undefined : temporaryFolder();
    const startedAt = performance.now();
    const flags = [
      ...(program === 'ordermill' || program === 'before' ? FLAGS : []),
      ...(probe ? ['--import', PROBE] : []),
    ];
    const child = spawn(process.execPath, [...flags, PROGRAMS[program]], {
      cwd: folder ?? own?.path,
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        DATABASE_URL: 'sqlite:orders.sqlite',
        ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const kill = () => child.kill('SIGKILL');
    process.prependOnceListener('exit', kill);
    child.once('exit', () => {
      process.off('exit', kill);
      own?.[Symbol.dispose]();
    });
    const url = environment['PORT'] ? await answeringUrl(environment['PORT']) : await readyUrl(child);
    return new Server(child, url, performance.now() - startedAt);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async metrics(): Promise<Metrics> {
    return (await this.get('/metrics')) as Metrics;
  }

  async get(path: string): Promise<unknown> {
    const response = await fetch(this.url + path);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return response.json();
  }

  /** Asks until `condition` holds. @returns when it did, on the monotonic clock */
  async until(condition: (metrics: Metrics) => boolean, pollMs = 20): Promise<number> {
    const deadline = performance.now() + 180_000;
    for (; performance.now() < deadline; await new Promise((resolve) => setTimeout(resolve, pollMs)))
      if (condition(await this.metrics())) return performance.now();
    throw new Error(`did not come true in 3 minutes: ${JSON.stringify(await this.metrics())}`);
  }

  /** Memory now, and the event loop's lag since the last time it was asked. Needs `probe`. */
  async probe(): Promise<ProbeReport> {
    const answer = once(this.#process, 'message') as Promise<[ProbeReport]>;
    this.#process.send('report');
    return (await answer)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}

/** For a server whose log level leaves out that it is ready. */
async function answeringUrl(port: string | number): Promise<string> {
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = performance.now() + 30_000; performance.now() < deadline;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined); // it does not listen yet
    if (answer?.ok) return url;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nobody answers at ${url}`);
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  server.close();
  return port;
}

/** Where it says that it is ready. */
export function readyUrl(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream)
      createInterface(stream).on('line', (line) => {
        log.push(line);
        const url = /ready on (http:[^\s"]+)/.exec(line)?.[1];
        if (url) resolve(url);
      });
  child.once('exit', (code, signal) =>
    reject(new Error(`exited with ${code ?? signal}:\n${log.join('\n')}`)),
  );
  return promise;
}
