import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import os from 'node:os';

/** Where and with what figures were measured: they mean little without it. */
export interface Environment {
  machine: string;
  versions: string;
  commit: string;
  at: string;
}

const SHOWN = ['@nestjs/core', 'express', 'typeorm', 'better-sqlite3', 'autocannon'];

export function environment(): Environment {
  const root = new URL('../../', import.meta.url);
  const require = createRequire(root);
  const version = (name: string) =>
    (require(`./node_modules/${name}/package.json`) as { version: string }).version;
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== '';
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  return {
    machine: `${os.cpus()[0]?.model}, ${os.cpus().length} cores, ${gigabytes} GiB, ${os.type()} ${os.release()}`,
    versions: [`node ${process.version}`, ...SHOWN.map((name) => `${name} ${version(name)}`)].join(', '),
    commit: git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : ''),
    at: new Date().toISOString(),
  };
}

/** Other work on the machine makes every figure smaller and every ratio noisier. */
export function warnIfBusy(): void {
  const load = os.loadavg()[0] ?? 0;
  if (load > os.cpus().length / 2)
    process.stderr.write(`The machine is busy (load ${load.toFixed(1)}): the figures will be too low.\n`);
}
