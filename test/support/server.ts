import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const MAIN = new URL('../../dist/src/main.js', import.meta.url).pathname;

/** The built server as a process of its own, which can be killed. */
export class ServerProcess {
  #isStopped = false;

  private constructor(
    readonly process: ChildProcess,
    readonly url: string,
    readonly log: string[],
  ) {}

  /** Starts `dist/` on a free port (or `PORT`), with these flags of Node's, and resolves when it says that it is ready. */
  static async start(
    environment: Record<string, string | number>,
    flags: string[] = [],
  ): Promise<ServerProcess> {
    const child = ServerProcess.spawn(environment, flags);
    const log: string[] = [];
    const ready = Promise.withResolvers<string>();
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => {
          log.push(line);
          const url = /ready on (http:\S+)/.exec(line)?.[1];
          if (url) ready.resolve(url);
        });
    child.once('exit', (code, signal) =>
      ready.reject(new Error(`exited with ${code ?? signal}:\n${log.join('\n')}`)),
    );
    const server = new ServerProcess(child, await ready.promise, log);
    child.once('close', (code, signal) => {
      if (!server.#isStopped && signal !== 'SIGKILL')
        process.stderr.write(
          `a server exited by itself with ${code ?? signal}:\n${log.slice(-30).join('\n')}\n`,
        );
    });
    return server;
  }

  static spawn(environment: Record<string, string | number>, flags: string[] = []): ChildProcess {
    const strings = Object.entries(environment).map(([key, value]) => [key, String(value)]);
    return spawn(process.execPath, [...flags, MAIN], {
      env: { ...process.env, PORT: '0', LOG_FORMAT: 'json', ...Object.fromEntries(strings) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** SIGKILL, at whatever instant it hits; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** @returns the exit code; null when a signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#isStopped = true;
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exit = once(this.process, 'exit') as Promise<[number | null]>;
    this.process.kill(signal);
    return (await exit)[0];
  }
}

/** Starts a server that is expected to give up; how it ended and what it said. One that gets ready is stopped. */
export async function startInVain(environment: Record<string, string | number>) {
  const child = ServerProcess.spawn(environment);
  child.stdout?.on('data', (chunk: Buffer) => chunk.includes('ready on') && child.kill('SIGKILL'));
  const said = Promise.all([child.stdout, child.stderr].map((stream) => text(stream as Readable))); // both are piped
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, said: (await said).join('') };
}
