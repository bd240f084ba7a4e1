import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KEY } from './client.ts';

const HOME = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(HOME, 'dist/src/main.js');

/** The flags for Node with which `npm run start:prod` starts Ordermill. */
function flags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return scripts['start:prod']?.match(/--\S+/g) ?? [];
}

/**
 * Builds Ordermill where that was not done yet, and starts it with an empty SQLite file, open to this machine; server and file
 * are gone at the end of its scope.
 */
export class OwnServer implements AsyncDisposable {
  readonly url: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.#stop = stop;
  }

  /** @throws Error with what it said, when it does not start */
  static async start(): Promise<OwnServer> {
    if (!existsSync(MAIN))
      execFileSync('npm', ['run', 'build'], { cwd: HOME, stdio: ['ignore', 'ignore', 'inherit'] });
    const folder = mkdtempSync(join(tmpdir(), 'ordermill-simulate-'));
    const child = spawn(process.execPath, [...flags(), MAIN], {
      cwd: HOME,
      env: {
        ...process.env,
        DATABASE_URL: `sqlite:${join(folder, 'orders.sqlite')}`,
        HOST: '127.0.0.1',
        PORT: '0',
        API_KEYS: '',
        [KEY]: undefined,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const stop = async () => {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    };
    const log: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => {
        log.push(line);
        const url = /ready on (http:[^\s"]+)/.exec(line)?.[1];
        if (url) resolve(url);
      });
    child.once('exit', (code, signal) =>
      reject(new Error(`the server exited with ${code ?? signal}:\n${log.join('\n')}`)),
    );
    return new OwnServer(await promise, stop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}
