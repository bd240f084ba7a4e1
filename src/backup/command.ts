import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { withoutPassword } from '../common/secret.url.js';
import { ConfigError, loadConfig } from '../config.js';
import { Refused } from './refused.js';

const ON_SERVERS = 'is no SQLite file: docs/data.md says how a server is saved with its own tools';

/** Runs a program of one line: prints what `work` returns, or why it was not done, with status 1. */
export async function run(
  help: string,
  options: NonNullable<ParseArgsConfig['options']>,
  work: (values: Record<string, unknown>) => Promise<string>,
): Promise<void> {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } });
    process.stdout.write(`${values['help'] ? help : await work(values)}\n`);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isExpected = error instanceof Refused || error instanceof ConfigError;
    const { cause } = error;
    process.stderr.write(
      `${isExpected || !(cause instanceof Error) ? error.message : `${error.message} (${cause.message})`}\n`,
    );
    process.exitCode = 1;
  }
}

/** The file behind DATABASE_URL, which need not be there. @throws Refused when that is a server */
export function databaseFile(): string {
  const { DATABASE_URL: url } = loadConfig();
  if (!url.startsWith('sqlite:')) throw new Refused(`DATABASE_URL=${withoutPassword(url)} ${ON_SERVERS}`);
  const file = resolve(url.slice('sqlite:'.length));
  return existsSync(file) ? realpathSync(file) : file;
}

/** @throws Refused when it was not given */
export function given(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new Refused(`${name} is missing; --help says more.`);
  return value;
}
