import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs a program of the build to its end; its exit status and all that it said. */
export async function runBuilt(
  program: string,
  environment: Record<string, string>,
  ...options: string[]
): Promise<{ code: number | null; said: string }> {
  const main = new URL(`../../dist/src/${program}.js`, import.meta.url).pathname;
  const child = spawn(process.execPath, [main, ...options], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, said: (await said).join('') };
}
