import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SCOPES, type Scope } from '../../src/http/access/scopes.js';
import { KeysTable } from '../../src/keys/command/keys.table.js';

const MAIN = new URL('../../dist/src/keys/command/main.js', import.meta.url).pathname;

/** Uses the table of API keys of a database, beside the server. */
export async function withKeys<Result>(
  url: string,
  use: (keys: KeysTable) => Promise<Result>,
): Promise<Result> {
  await using keys = await KeysTable.open(url);
  return await use(keys);
}

/** Makes a key. @returns its token */
export function createKey(url: string, scopes: readonly Scope[] = SCOPES): Promise<string> {
  return withKeys(url, (keys) => keys.create('of a test', [...scopes], null));
}

/** The public part of a token. */
export function idOf(token: string): string {
  return token.slice(3, 11);
}

/** The header with which a client sends its key. */
export function withKey(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** Runs `npm run keys -- …`. */
export async function runKeys(url: string, ...words: string[]) {
  const environment = { ...process.env, DATABASE_URL: url };
  const run = promisify(execFile)(process.execPath, [MAIN, ...words], { env: environment });
  const failed = (error: { code: number; stdout: string; stderr: string }) => error;
  return run.then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), failed);
}
