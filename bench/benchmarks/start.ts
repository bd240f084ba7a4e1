import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from '../harness/benchmark.ts';
import { alternate } from '../harness/rounds.ts';
import { readyUrl, Server, temporaryFolder } from '../harness/server.ts';
import { median } from '../harness/statistics.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @returns seconds, npm's own among them */
async function npmStart(): Promise<number> {
  using folder = temporaryFolder();
  const startedAt = performance.now();
  const npm = spawn('npm', ['run', 'start:prod'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: '0', DATABASE_URL: `sqlite:${folder.database}` },
    detached: true, // a group of its own, to end the server with npm
  });
  const exit = once(npm, 'exit');
  await readyUrl(npm);
  const seconds = (performance.now() - startedAt) / 1000;
  process.kill(-(npm.pid ?? 0), 'SIGKILL');
  await exit;
  return seconds;
}

export const start: Benchmark = {
  name: 'start',
  title: 'npm run start:prod on an empty database, until it says that it is ready',
  async run(scale) {
    const seconds = (program: 'ordermill' | 'plain') => async () => {
      await using server = await Server.start(program);
      return server.readyMs / 1000;
    };
    const { npm, node, baseline } = await alternate(scale, {
      npm: npmStart,
      node: seconds('ordermill'),
      baseline: seconds('plain'),
    });
    return {
      series: [
        { name: 'npm run start:prod', unit: 's', values: npm },
        { name: 'node dist/src/main.js', unit: 's', values: node },
        { name: 'plain Nest application', unit: 's', values: baseline, isBaseline: true },
      ],
      bars: [{ claim: 'seconds to ready', value: median(npm), atMost: 1.5 }],
    };
  },
};
