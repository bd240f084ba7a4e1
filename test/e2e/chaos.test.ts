import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isThere, SERVERS } from '../support/servers.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm run chaos` prints; a promise that was not kept rejects with it. */
async function chaos(...options: string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, ['chaos/run.ts', ...options], { cwd: ROOT });
  return (await run).stdout;
}

const CAMPAIGNS: { name: string; kills: number; canRun: boolean; options: string[] }[] = [
  { name: 'SQLite, simulated work', kills: 5, canRun: true, options: [] },
  { name: 'SQLite, clock steps', kills: 3, canRun: true, options: ['--processor', 'http', '--clock-steps'] },
];
for (const server of SERVERS)
  CAMPAIGNS.push({
    name: server.name,
    kills: 3,
    canRun: await isThere(server),
    options: ['--database', server.url, '--processor', 'http'],
  });

describe('under 300 orders a second on all routes and SIGKILL at random moments', () => {
  for (const { name, kills, canRun, options } of CAMPAIGNS)
    (canRun ? it : it.skip)(
      `keeps every promise (${name})`,
      async () => {
        const printed = await chaos('--kills', String(kills), ...options);
        expect(printed).toContain('Every promise was kept.');
        expect(printed).toMatch(new RegExp(`^ {2}kills +${kills},`, 'm'));
        expect(Number(/acknowledged +(\d+)/.exec(printed)?.[1])).toBeGreaterThan(300);
      },
      180_000,
    );
});
