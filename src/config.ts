import { Ajv, type ErrorObject } from 'ajv';
import { isAmbiguous, withoutPassword } from './common/secret.url.js';

/** What Ordermill is told by its environment. Durations in milliseconds, sizes in bytes. */
export interface Config {
  readonly HOST: string;
  readonly PORT: number;
  readonly ALLOWED_HOSTS: string;
  readonly ROLE: 'all' | 'api' | 'worker';
  readonly DATABASE_URL: string;
  readonly DATABASE_POOL_SIZE: number;
  readonly DATABASE_TIMEOUT_MS: number;
  readonly QUEUE_DRIVER: 'memory' | 'bullmq';
  readonly REDIS_URL: string;
  readonly QUEUE_MAX_PENDING: number;
  readonly PROCESSOR: 'simulated' | 'http';
  readonly PROCESSOR_URL: string;
  readonly PROCESSOR_SECRET: string;
  readonly PROCESSING_TIME_MS: number;
  readonly PROCESSOR_CONCURRENCY: number;
  readonly LEASE_MS: number;
  readonly ATTEMPT_TIMEOUT_MS: number;
  readonly MAX_ATTEMPTS: number;
  readonly RETRY_BACKOFF_MS: number;
  readonly RETRY_BACKOFF_MAX_MS: number;
  readonly SHUTDOWN_DELAY_MS: number;
  readonly SHUTDOWN_TIMEOUT_MS: number;
  readonly HEADERS_TIMEOUT_MS: number;
  readonly REQUEST_TIMEOUT_MS: number;
  readonly MAX_CONNECTIONS: number;
  readonly BODY_LIMIT_BYTES: number;
  readonly BATCH_BODY_LIMIT_BYTES: number;
  readonly LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'info' | 'log' | 'debug' | 'verbose';
  readonly LOG_FORMAT: 'auto' | 'pretty' | 'json';
}

/** The injection token of the one `Config`. */
export const CONFIG = Symbol('CONFIG');

const DAY_MS = 86_400_000;

/** Keys whose value is never shown. */
const SECRETS = new Set(['PROCESSOR_SECRET']);

/** Keys whose value may hold a password. */
const URLS = ['DATABASE_URL', 'REDIS_URL', 'PROCESSOR_URL'];

const integer = (value: number, minimum: number, maximum: number) => ({
  type: 'integer',
  default: value,
  minimum,
  maximum,
  description: `a whole number from ${minimum} to ${maximum}`,
});
const oneOf = (value: string, ...allowed: string[]) => ({
  type: 'string',
  default: value,
  enum: allowed,
  description: `one of ${allowed.join(', ')}`,
});
const text = (value: string, pattern: string, description: string) => ({
  type: 'string',
  default: value,
  pattern,
  description,
});

const properties = {
  HOST: text('127.0.0.1', '^\\S+$', 'an address or host name'),
  PORT: integer(8000, 0, 65_535),
  ALLOWED_HOSTS: text(
    '',
    '^(([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(\\s*,\\s*|$))*$',
    'host names or addresses without ports, with commas between them',
  ),
  ROLE: oneOf('all', 'all', 'api', 'worker'),
  DATABASE_URL: text(
    'sqlite:./data/orders.sqlite',
    '^(sqlite:.+|(postgres|postgresql|mysql)://\\S+)$',
    'sqlite:<path of a file>, postgres://… or mysql://…',
  ),
  DATABASE_POOL_SIZE: integer(10, 2, 1000),
  DATABASE_TIMEOUT_MS: integer(5000, 100, DAY_MS),
  QUEUE_DRIVER: oneOf('memory', 'memory', 'bullmq'),
  REDIS_URL: text('redis://127.0.0.1:6379', '^rediss?://\\S+$', 'a redis:// or rediss:// URL'),
  QUEUE_MAX_PENDING: integer(1_000_000, 1, 1_000_000_000),
  PROCESSOR: oneOf('simulated', 'simulated', 'http'),
  PROCESSOR_URL: text('', '^(https?://\\S+)?$', 'an http:// or https:// URL'),
  PROCESSOR_SECRET: text('', '^(whsec_[A-Za-z0-9+/]{32,}={0,2})?$', 'whsec_ and at least 24 bytes in base64'),
  PROCESSING_TIME_MS: integer(2000, 0, DAY_MS),
  PROCESSOR_CONCURRENCY: integer(100, 1, 10_000),
  LEASE_MS: integer(5000, 300, DAY_MS),
  ATTEMPT_TIMEOUT_MS: integer(60_000, 1, DAY_MS),
  MAX_ATTEMPTS: integer(5, 1, 1000),
  RETRY_BACKOFF_MS: integer(1000, 0, DAY_MS),
  RETRY_BACKOFF_MAX_MS: integer(60_000, 0, DAY_MS),
  SHUTDOWN_DELAY_MS: integer(0, 0, DAY_MS),
  SHUTDOWN_TIMEOUT_MS: integer(10_000, 0, DAY_MS),
  HEADERS_TIMEOUT_MS: integer(10_000, 1, DAY_MS),
  REQUEST_TIMEOUT_MS: integer(30_000, 1, DAY_MS),
  MAX_CONNECTIONS: integer(4096, 1, 1_000_000),
  BODY_LIMIT_BYTES: integer(1_048_576, 1024, 104_857_600),
  BATCH_BODY_LIMIT_BYTES: integer(4_194_304, 1024, 104_857_600),
  LOG_LEVEL: oneOf('info', 'fatal', 'error', 'warn', 'info', 'log', 'debug', 'verbose'),
  LOG_FORMAT: oneOf('auto', 'auto', 'pretty', 'json'),
} satisfies Record<keyof Config, object>;

/** Every key that is read; `.env` lists the same ones. */
export const CONFIG_KEYS = Object.keys(properties) as (keyof Config)[]; // Object.keys forgets the keys' type

const validate = new Ajv({
  allErrors: true,
  coerceTypes: true,
  useDefaults: true,
  verbose: true,
  strictNumbers: false, // or Infinity passes every maximum
  meta: false, // the schema below needs no check at every start
  validateSchema: false,
}).compile<Config>({
  type: 'object',
  properties,
});

/**
 * The configuration in `environment`, checked and frozen. An empty value counts as unset.
 * @throws one `ConfigError` that lists every problem: key, value, what is allowed
 */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const given: Record<string, unknown> = {};
  for (const key of CONFIG_KEYS) {
    const value = environment[key]?.trim();
    if (value) given[key] = value;
  }
  const raw = { ...given };
  const problems = validate(given) ? [] : (validate.errors ?? []).map((error) => problem(error, raw));
  if (given['PROCESSOR'] === 'http' && !given['PROCESSOR_URL'])
    problems.push('PROCESSOR_URL="": must be an http:// or https:// URL when PROCESSOR is http');
  if (given['ROLE'] !== 'all' && String(given['DATABASE_URL']).startsWith('sqlite:'))
    problems.push(`ROLE="${String(given['ROLE'])}": must be all with a SQLite file, which one process holds`);
  if (Number(given['HEADERS_TIMEOUT_MS']) > Number(given['REQUEST_TIMEOUT_MS']))
    problems.push(
      `HEADERS_TIMEOUT_MS=${Number(given['HEADERS_TIMEOUT_MS'])}: must not be more than REQUEST_TIMEOUT_MS`,
    );
  for (const key of URLS) {
    const url = String(given[key]);
    if (problems.length === 0 && url !== '' && !url.startsWith('sqlite:') && isAmbiguous(url))
      problems.push(
        `${key}=${shown(key, url)}: must be a URL in which special characters of user and password are written as %40 and the like`,
      );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(given as unknown as Config); // validated just now
}

/** Reads `.env` in the working directory, when there is one, beneath the real environment. */
export function loadConfig(): Config {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // no .env: the defaults serve
  }
  return parseConfig(process.env);
}

export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(
      `The configuration is not usable:\n${[...new Set(problems)].map((line) => `  ${line}`).join('\n')}`,
    );
  }
}

function problem(error: ErrorObject, raw: Record<string, unknown>): string {
  const key = error.instancePath.slice(1);
  const schema = error.parentSchema as { description: string };
  return `${key}=${shown(key, String(raw[key]))}: must be ${schema.description}`;
}

function shown(key: string, value: string): string {
  if (SECRETS.has(key)) return '(hidden)';
  return JSON.stringify(URLS.includes(key) || value.includes('://') ? withoutPassword(value) : value);
}
