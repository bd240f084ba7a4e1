import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from './client.js';
import { Daemon, isInstalled } from './daemon.js';
import { freePort } from './ports.js';

const CADDYFILE = new URL('../../deploy/Caddyfile', import.meta.url).pathname;

/** The proxy of compose.yaml, with the same configuration. */
export class Caddy {
  private constructor(
    readonly url: string,
    private readonly daemon: Daemon,
    private readonly home: string,
  ) {}

  static isPossible(): boolean {
    return isInstalled('caddy');
  }

  /** @param processes the URLs that it passes requests to */
  static async start(processes: string[]): Promise<Caddy> {
    const [port, home] = [await freePort(), mkdtempSync(join(tmpdir(), 'ordermill-caddy-'))];
    const url = `http://127.0.0.1:${port}`;
    const isUp = () => get(`${url}/health/ready`).then(({ status }) => status === 200);
    const daemon = new Daemon('caddy', ['run', '--config', CADDYFILE, '--adapter', 'caddyfile'], isUp, {
      PROXY_PORT: String(port),
      API_PROCESSES: processes.map((process) => new URL(process).host).join(' '),
      HOME: home,
    });
    await daemon.start();
    return new Caddy(url, daemon, home);
  }

  async stop(): Promise<void> {
    await this.daemon.stop('SIGTERM');
    rmSync(this.home, { recursive: true, force: true });
  }
}
