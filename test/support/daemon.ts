import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { until } from './client.js';

const START_MS = 20_000;

/** A program of the machine's that a test runs by itself, and may kill. */
export class Daemon {
  #child: ChildProcess | undefined;
  #log = '';

  /** @param isUp whether it answers; may throw when it does not */
  constructor(
    private readonly program: string,
    private readonly parameters: string[],
    private readonly isUp: () => Promise<boolean>,
    private readonly environment: Record<string, string> = {},
  ) {}

  /** Resolves as soon as it answers. */
  async start(): Promise<void> {
    const child = spawn(this.program, this.parameters, {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (this.#log = `${this.#log}${text.toString()}`.slice(-2000)));
    const ask = async () => {
      if (child.exitCode !== null) throw new Error(`${this.program} ended:\n${this.#log}`);
      return this.isUp().catch(() => false);
    };
    await until(ask, Boolean, START_MS);
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Resolves when the process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

/** Whether the machine has `program`. */
export function isInstalled(program: string): boolean {
  return isPossible(program, !spawnSync(program, ['--version'], { stdio: 'ignore' }).error);
}

/** Says so when a suite is skipped. With `CI=true` it is an error: no suite is skipped there. */
export function isPossible(program: string, isThere: boolean): boolean {
  if (isThere) return true;
  const message = `this machine has no ${program} to start`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
}
