import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endLoad, postOrders } from './harness/load.ts';
import { flameGraph, type CpuProfile } from './harness/flame.ts';
import { PAUSED, PROGRAMS, readyUrl, temporaryFolder } from './harness/server.ts';

/** Draws where the time of `POST /orders` goes: `docs/flame-intake.svg`, from Node's own profiler. */
const [WARM_UP_SECONDS, SECONDS] = [3, 6];
const PICTURE = new URL('../docs/flame-intake.svg', import.meta.url);

using folder = temporaryFolder();
const environment = { ...PAUSED, PORT: 0, SHUTDOWN_TIMEOUT_MS: 0, DATABASE_URL: `sqlite:${folder.database}` };
const server = spawn(
  process.execPath,
  ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${folder.path}`, PROGRAMS.ordermill],
  {
    env: {
      PATH: process.env['PATH'],
      ...Object.fromEntries(Object.entries(environment).map(([k, v]) => [k, `${v}`])),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const exit = once(server, 'exit');
const url = await readyUrl(server);
await postOrders(url, { seconds: WARM_UP_SECONDS });
const from = Number(process.hrtime.bigint() / 1000n); // the profile's clock: microseconds, monotonic
await postOrders(url, { seconds: SECONDS });
const to = Number(process.hrtime.bigint() / 1000n);
endLoad();
server.kill('SIGTERM');
await exit;
const file = readdirSync(folder.path).find((name) => name.endsWith('.cpuprofile'));
const profile = JSON.parse(readFileSync(join(folder.path, file ?? ''), 'utf8')) as CpuProfile;
writeFileSync(
  PICTURE,
  flameGraph('POST /orders over 64 connections: the time of the server', profile, from, to),
);
