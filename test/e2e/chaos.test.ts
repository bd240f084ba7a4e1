import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm run chaos` prints; a promise that was not kept rejects with it. */
async function chaos(...options: string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, ['chaos/run.ts', ...options], { cwd: ROOT });
  return (await run).stdout;
}

describe('under 300 orders a second and SIGKILL at random moments', () => {
  it.each(['simulated', 'http'])(
    'keeps every promise (%s)',
    async (processor) => {
      const printed = await chaos('--kills', '5', '--processor', processor);
      expect(printed).toContain('Every promise was kept.');
      expect(printed).toMatch(/^ {2}kills +5,/m);
      expect(Number(/acknowledged +(\d+)/.exec(printed)?.[1])).toBeGreaterThan(300);
    },
    120_000,
  );
});
