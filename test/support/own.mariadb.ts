import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Daemon, isInstalled } from './daemon.js';
import { withDatabase } from './ledger.js';
import { freePort, isListening } from './ports.js';

/** A MariaDB server of a test's own, from the machine's binaries, that may be killed. */
export class OwnMariadb {
  readonly #daemon: Daemon;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    options: string[],
  ) {
    const parameters = [
      '--no-defaults',
      `--user=${userInfo().username}`,
      `--datadir=${join(folder, 'data')}`,
      `--socket=${join(folder, 'socket')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      ...options,
    ];
    const asks = () => withDatabase(this.url, (query) => query('SELECT 1')).then(() => true);
    const isUp = options.length > 0 ? () => isListening(port) : asks; // it may not let us in
    this.#daemon = new Daemon('mariadbd', parameters, isUp);
  }

  static isPossible(): boolean {
    return isInstalled('mariadbd');
  }

  /** @param options further ones for the server: `--ssl-cert=…` */
  static async create(options: string[] = []): Promise<OwnMariadb> {
    const folder = mkdtempSync(join(tmpdir(), 'ordermill-mariadb-'));
    await promisify(execFile)('mariadb-install-db', [
      '--no-defaults',
      `--user=${userInfo().username}`,
      `--datadir=${join(folder, 'data')}`,
      '--auth-root-authentication-method=normal',
    ]);
    const mariadb = new OwnMariadb(folder, await freePort(), options);
    await mariadb.start();
    return mariadb;
  }

  get url(): string {
    return `mysql://root@127.0.0.1:${this.port}/test`;
  }

  /** Resolves as soon as it answers. */
  start(): Promise<void> {
    return this.#daemon.start();
  }

  /** SIGKILL: no client is told, nothing is written but what was. */
  crash(): Promise<void> {
    return this.#daemon.stop('SIGKILL');
  }

  /** It stands still, and its connections stay open: as if the network were cut. */
  async freeze(): Promise<void> {
    this.#daemon.signal('SIGSTOP');
  }

  thaw(): void {
    this.#daemon.signal('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
