import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const ROOT = '/usr/lib/postgresql';

/** A PostgreSQL server of a test's own, from the machine's binaries, that may be crashed. It will not run as root. */
export class OwnPostgres {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** Whether the machine has the binaries, and an account to run them with. */
  static isPossible(): boolean {
    return (
      existsSync(ROOT) &&
      readdirSync(ROOT).length > 0 &&
      (userInfo().uid !== 0 || existsSync('/usr/sbin/runuser'))
    );
  }

  static async create(): Promise<OwnPostgres> {
    const folder = mkdtempSync('/tmp/ordermill-postgres-');
    if (userInfo().uid === 0)
      chownSync(folder, Number(output('id', '-u', 'postgres')), Number(output('id', '-g', 'postgres')));
    const postgres = new OwnPostgres(folder, await freePort());
    postgres.#run('initdb', '-A', 'trust', '-U', 'postgres', '-D', join(folder, 'data'));
    postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  start(): void {
    const options = `-p ${this.port} -k ${this.folder} -c listen_addresses=127.0.0.1`;
    this.#run(
      'pg_ctl',
      'start',
      '-w',
      '-D',
      join(this.folder, 'data'),
      '-o',
      options,
      '-l',
      join(this.folder, 'log'),
    );
  }

  /** As a crash would: no client is told, nothing is written but what was. */
  crash(): void {
    this.#run('pg_ctl', 'stop', '-m', 'immediate', '-D', join(this.folder, 'data'));
  }

  remove(): void {
    this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(program: string, ...parameters: string[]): void {
    const [version] = readdirSync(ROOT).toSorted().toReversed();
    const path = join(ROOT, version ?? '', 'bin', program);
    if (userInfo().uid === 0) output('runuser', '-u', 'postgres', '--', path, ...parameters);
    else output(path, ...parameters);
  }
}

function output(program: string, ...parameters: string[]): string {
  return (
    execFileSync(program, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' }) ?? ''
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
