import { readFileSync } from 'node:fs';
import { CONNECT_TIMEOUT_MS, commonOptions, type ServerOptions } from '../server.options.js';
import { mysqlDriver } from './mysql.driver.js';

/** For `mysql://…`, MariaDB's too; its query may say `?ssl={…}`. */
export function mysqlOptions(options: ServerOptions) {
  return {
    type: 'mysql' as const,
    ...commonOptions(options),
    driver: mysqlDriver(options.silenceMs > 0 ? CONNECT_TIMEOUT_MS : 0, options.silenceMs),
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    supportBigNumbers: true,
    bigNumberStrings: false,
    ...tlsOf(options.url),
  };
}

/**
 * The URL's `?ssl={…}`, read here because TypeORM drops the query of a MySQL URL and would connect without TLS. Any other
 * key is refused, since nobody would read it. `ca`, `cert` and `key` are files, or PEM.
 */
function tlsOf(url: string): { ssl?: Record<string, unknown> } {
  const query = new URLSearchParams(/^\w+:\/\/[^/]*\/[^?]*\?(.*)$/.exec(url)?.[1]);
  for (const key of query.keys())
    if (key !== 'ssl') throw new Error(`DATABASE_URL: a mysql:// URL may say ?ssl={…}, but not ${key}`);
  const given = query.get('ssl');
  if (given === null) return {};
  const ssl = parseObject(given);
  if (!ssl) throw new Error(`DATABASE_URL: ssl=${given} must be a JSON object, {} or {"ca":"<file>"}`);
  for (const key of ['ca', 'cert', 'key']) {
    const value = ssl[key];
    if (typeof value === 'string' && !value.includes('-----BEGIN')) ssl[key] = readFileSync(value, 'utf8');
  }
  return { ssl };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // the caller says so
  }
}
