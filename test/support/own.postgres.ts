import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './client.js';
import { isPossible } from './daemon.js';
import { withDatabase } from './ledger.js';
import { freePort } from './ports.js';

const ROOT = '/usr/lib/postgresql';

/** A PostgreSQL server of a test's own, from the machine's binaries, that may be crashed. It will not run as root. */
export class OwnPostgres {
  #frozen: number[] = [];

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly demandsTls: boolean,
  ) {}

  /** Whether the machine has the binaries, and an account to run them with. */
  static isPossible(): boolean {
    const isThere = existsSync(ROOT) && readdirSync(ROOT).length > 0;
    return isPossible('PostgreSQL', isThere && (userInfo().uid !== 0 || existsSync('/usr/sbin/runuser')));
  }

  /** @param tls files of a certificate and its key: no client comes in without TLS then */
  static async create(tls?: { certificate: string; key: string }): Promise<OwnPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'ordermill-postgres-'));
    if (userInfo().uid === 0)
      chownSync(
        folder,
        Number(await output('id', '-u', 'postgres')),
        Number(await output('id', '-g', 'postgres')),
      );
    const postgres = new OwnPostgres(folder, await freePort(), tls !== undefined);
    await postgres.#run('initdb', '-A', 'trust', '-U', 'postgres', '-D', join(folder, 'data'));
    if (tls) postgres.#demandTls(tls);
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Resolves as soon as it answers. */
  async start(): Promise<void> {
    const options = `-p ${this.port} -k ${this.folder} -c listen_addresses=127.0.0.1`;
    const log = join(this.folder, 'log');
    const wait = this.demandsTls ? '-w' : '-W'; // pg_ctl asks too seldom, but takes a refusal for an answer
    await this.#run('pg_ctl', 'start', wait, '-D', join(this.folder, 'data'), '-o', options, '-l', log);
    const ask = () =>
      withDatabase(this.url, (query) => query('SELECT 1')).then(
        () => true,
        () => false,
      );
    if (!this.demandsTls) await until(ask, Boolean);
  }

  /** As a crash would: no client is told, nothing is written but what was. */
  async crash(): Promise<void> {
    await this.#run('pg_ctl', 'stop', '-m', 'immediate', '-D', join(this.folder, 'data'));
  }

  /** Every process of it stands still, and its connections stay open: as if the network were cut. */
  async freeze(): Promise<void> {
    const [line = ''] = readFileSync(join(this.folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    const master = Number(line);
    process.kill(master, 'SIGSTOP'); // first: it starts no further process while the others are looked for
    this.#frozen = [master];
    for (const child of (await output('ps', '-o', 'pid=', '--ppid', line)).trim().split('\n').map(Number)) {
      process.kill(child, 'SIGSTOP');
      this.#frozen.push(child);
    }
  }

  thaw(): void {
    for (const pid of this.#frozen.splice(0)) process.kill(pid, 'SIGCONT');
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #demandTls(tls: { certificate: string; key: string }): void {
    const data = join(this.folder, 'data');
    const { uid, gid } = statSync(data);
    for (const [name, file] of [
      ['server.crt', tls.certificate],
      ['server.key', tls.key],
    ] as const) {
      copyFileSync(file, join(data, name));
      chmodSync(join(data, name), 0o600); // it refuses a key that others can read
      chownSync(join(data, name), uid, gid);
    }
    appendFileSync(join(data, 'postgresql.conf'), 'ssl = on\n');
    writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 trust\nlocal all all trust\n');
  }

  async #run(program: string, ...parameters: string[]): Promise<void> {
    const [version] = readdirSync(ROOT).toSorted().toReversed();
    const path = join(ROOT, version ?? '', 'bin', program);
    if (userInfo().uid === 0) await output('runuser', '-u', 'postgres', '--', path, ...parameters);
    else await output(path, ...parameters);
  }
}

async function output(program: string, ...parameters: string[]): Promise<string> {
  return (await promisify(execFile)(program, parameters, { cwd: '/' })).stdout;
}
