import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get, until } from './client.js';
import { Daemon, isInstalled } from './daemon.js';
import { freePort } from './ports.js';

/** What its default configuration has every 15 s. */
const SCRAPE_EVERY = '200ms';

interface Series {
  metric: Record<string, string>;
  value: [at: number, value: string];
}

/** A Prometheus server of the test's own, which scrapes these servers and is told nothing about them but where they are. */
export class Prometheus {
  private constructor(
    readonly url: string,
    private readonly daemon: Daemon,
    private readonly home: string,
  ) {}

  static isPossible(): boolean {
    return isInstalled('prometheus');
  }

  static async start(targets: string[]): Promise<Prometheus> {
    const [port, home] = [await freePort(), mkdtempSync(join(tmpdir(), 'ordermill-prometheus-'))];
    const file = join(home, 'prometheus.yml');
    const hosts = targets.map((target) => new URL(target).host);
    writeFileSync(
      file,
      `{ "global": { "scrape_interval": "${SCRAPE_EVERY}", "scrape_timeout": "${SCRAPE_EVERY}" },
         "scrape_configs": [{ "job_name": "ordermill", "static_configs": [{ "targets": ${JSON.stringify(hosts)} }] }] }`,
    );
    const url = `http://127.0.0.1:${port}`;
    const options = [`--config.file=${file}`, `--storage.tsdb.path=${join(home, 'data')}`];
    const isUp = () => get(`${url}/-/ready`).then(({ status }) => status === 200);
    const daemon = new Daemon('prometheus', [...options, `--web.listen-address=127.0.0.1:${port}`], isUp);
    await daemon.start();
    return new Prometheus(url, daemon, home);
  }

  /** What an expression has now: each series by its labels. */
  async query(expression: string): Promise<Series[]> {
    const { status, body } = await get(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.data.result;
  }

  /** Resolves when an expression has this one value. */
  async untilValue(expression: string, value: number): Promise<void> {
    const ask = async () => (await this.query(expression)).map((series) => Number(series.value[1]));
    await until(ask, (values) => values.length === 1 && values[0] === value);
  }

  /** How its scrapes go: one entry for each target. */
  async targets(): Promise<{ health: string; lastError: string; scrapeUrl: string }[]> {
    return (await get(`${this.url}/api/v1/targets`)).body.data.activeTargets;
  }

  async stop(): Promise<void> {
    await this.daemon.stop('SIGTERM');
    rmSync(this.home, { recursive: true, force: true });
  }
}

export function isPromtoolThere(): boolean {
  return isInstalled('promtool');
}

/** What promtool says; nothing, when it finds nothing. */
export function promtool(parameters: string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', parameters, { input, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

/** The samples of a text, by name and labels as they stand there. */
export function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
