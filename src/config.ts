import { applyDecorators } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { IsIn, IsInt, Matches, Max, Min, validateSync, type ValidationOptions } from 'class-validator';
import { isAmbiguous, withoutPassword } from './common/secret.url.js';

/** The injection token of the one `Config`. */
export const CONFIG = Symbol('CONFIG');

const DAY_MS = 86_400_000;

/** Keys whose value is never shown. */
const SECRETS = new Set(['API_KEYS', 'PROCESSOR_SECRET']);

/** Keys whose value may hold a password. */
const URLS = ['DATABASE_URL', 'REDIS_URL', 'PROCESSOR_URL'] as const;

const must = (description: string): ValidationOptions => ({ message: `must be ${description}` });
const IsWholeNumber = (minimum: number, maximum: number) => {
  const options = must(`a whole number from ${minimum} to ${maximum}`);
  return applyDecorators(IsInt(options), Min(minimum, options), Max(maximum, options));
};
const IsOneOf = (...allowed: string[]) => IsIn(allowed, must(`one of ${allowed.join(', ')}`));
const IsText = (pattern: RegExp, description: string) => Matches(pattern, must(description));

/** `Scope` of http/access, with + between them and @ after them, and a token of keys/; config knows neither. */
const CONFIGURED_KEYS =
  /^((((orders:(read|write|admin)|metrics:read)(\+(?=\w)|(?=@)))+@)?om_[a-z2-7]{8}_[\w-]{43}(,(?=\w)|$))*$/;

/** What Ordermill is told by its environment, with its defaults. Durations in milliseconds, sizes in bytes. */
export class Config {
  @IsText(/^\S+$/, 'an address or host name')
  readonly HOST: string = '127.0.0.1';

  @IsWholeNumber(0, 65_535)
  readonly PORT: number = 8000;

  @IsText(
    /^(([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(\s*,\s*|$))*$/,
    'host names or addresses without ports, with commas between them',
  )
  readonly ALLOWED_HOSTS: string = '';

  @IsText(
    CONFIGURED_KEYS,
    'keys as `npm run keys -- generate` makes them, each alone or after scopes (metrics:read+orders:read@om_…), with commas between them',
  )
  readonly API_KEYS: string = '';

  @IsOneOf('true', 'false')
  readonly ALLOW_OPEN: 'true' | 'false' = 'false';

  @IsWholeNumber(0, 1_000_000_000)
  readonly RATE_LIMIT_PER_MINUTE: number = 0;

  @IsText(
    /^(\d{1,2}|(([\da-fA-F.:]+(\/\d{1,3})?|loopback|linklocal|uniquelocal)(,(?=.)|$))*)$/,
    'how many proxies there are, or their addresses, with commas between them',
  )
  readonly TRUST_PROXY: string = '';

  @IsText(
    /^(https?:\/\/[^\s,/*]+(,(?=.)|$))*$/,
    'origins (https://shop.example.com), with commas between them',
  )
  readonly CORS_ORIGINS: string = '';

  @IsOneOf('all', 'api', 'worker')
  readonly ROLE: 'all' | 'api' | 'worker' = 'all';

  @IsText(
    /^(sqlite:.+|(postgres|postgresql|mysql):\/\/\S+)$/,
    'sqlite:<path of a file>, postgres://… or mysql://…',
  )
  readonly DATABASE_URL: string = 'sqlite:./data/orders.sqlite';

  @IsWholeNumber(4, 1000)
  readonly DATABASE_POOL_SIZE: number = 10;

  @IsWholeNumber(100, DAY_MS)
  readonly DATABASE_TIMEOUT_MS: number = 5000;

  @IsWholeNumber(0, Number.MAX_SAFE_INTEGER)
  readonly DISK_MIN_FREE_BYTES: number = 67_108_864;

  @IsOneOf('memory', 'bullmq')
  readonly QUEUE_DRIVER: 'memory' | 'bullmq' = 'memory';

  @IsText(/^rediss?:\/\/\S+$/, 'a redis:// or rediss:// URL')
  readonly REDIS_URL: string = 'redis://127.0.0.1:6379';

  @IsWholeNumber(1, 1_000_000_000)
  readonly QUEUE_MAX_PENDING: number = 1_000_000;

  @IsOneOf('simulated', 'http')
  readonly PROCESSOR: 'simulated' | 'http' = 'simulated';

  @IsText(/^(https?:\/\/\S+)?$/, 'an http:// or https:// URL')
  readonly PROCESSOR_URL: string = '';

  @IsText(/^(whsec_[A-Za-z0-9+/]{32,}={0,2})?$/, 'whsec_ and at least 24 bytes in base64')
  readonly PROCESSOR_SECRET: string = '';

  @IsWholeNumber(0, DAY_MS)
  readonly PROCESSING_TIME_MS: number = 2000;

  @IsWholeNumber(1, 10_000)
  readonly PROCESSOR_CONCURRENCY: number = 100;

  @IsWholeNumber(300, DAY_MS)
  readonly LEASE_MS: number = 5000;

  @IsWholeNumber(1, DAY_MS)
  readonly ATTEMPT_TIMEOUT_MS: number = 60_000;

  @IsWholeNumber(1, 1000)
  readonly MAX_ATTEMPTS: number = 5;

  @IsWholeNumber(0, DAY_MS)
  readonly RETRY_BACKOFF_MS: number = 1000;

  @IsWholeNumber(0, DAY_MS)
  readonly RETRY_BACKOFF_MAX_MS: number = 60_000;

  @IsWholeNumber(0, DAY_MS)
  readonly SHUTDOWN_DELAY_MS: number = 0;

  @IsWholeNumber(0, DAY_MS)
  readonly SHUTDOWN_TIMEOUT_MS: number = 10_000;

  @IsWholeNumber(1, DAY_MS)
  readonly HEADERS_TIMEOUT_MS: number = 10_000;

  @IsWholeNumber(1, DAY_MS)
  readonly REQUEST_TIMEOUT_MS: number = 30_000;

  @IsWholeNumber(1, 1_000_000)
  readonly MAX_CONNECTIONS: number = 4096;

  @IsWholeNumber(0, 100_000)
  readonly MAX_EVENT_STREAMS: number = 500;

  @IsWholeNumber(0, 1000)
  readonly MAX_WEBHOOKS: number = 100;

  @IsOneOf('public', 'any')
  readonly WEBHOOK_TARGETS: 'public' | 'any' = 'public';

  @IsWholeNumber(1, 1000)
  readonly WEBHOOK_CONCURRENCY: number = 8;

  @IsWholeNumber(1, DAY_MS)
  readonly WEBHOOK_TIMEOUT_MS: number = 15_000;

  @IsWholeNumber(0, DAY_MS)
  readonly WEBHOOK_BACKOFF_MS: number = 5000;

  @IsWholeNumber(0, DAY_MS)
  readonly WEBHOOK_BACKOFF_MAX_MS: number = 21_600_000;

  @IsWholeNumber(0, 30 * DAY_MS)
  readonly WEBHOOK_RETRY_FOR_MS: number = DAY_MS;

  @IsWholeNumber(0, 365 * DAY_MS)
  readonly WEBHOOK_DISABLE_AFTER_MS: number = 5 * DAY_MS;

  @IsWholeNumber(1, 1_000_000)
  readonly WEBHOOK_MAX_PENDING: number = 10_000;

  @IsWholeNumber(0, 365 * DAY_MS)
  readonly WEBHOOK_KEEP_MS: number = 7 * DAY_MS;

  @IsWholeNumber(0, 36_500)
  readonly RETENTION_DAYS: number = 0;

  @IsWholeNumber(1024, 104_857_600)
  readonly BODY_LIMIT_BYTES: number = 1_048_576;

  @IsWholeNumber(1024, 104_857_600)
  readonly BATCH_BODY_LIMIT_BYTES: number = 4_194_304;

  @IsOneOf('fatal', 'error', 'warn', 'info', 'log', 'debug', 'verbose')
  readonly LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'info' | 'log' | 'debug' | 'verbose' = 'info';

  @IsOneOf('auto', 'pretty', 'json')
  readonly LOG_FORMAT: 'auto' | 'pretty' | 'json' = 'auto';
}

/** Every key that is read; `.env` lists the same ones. */
export const CONFIG_KEYS = Object.keys(new Config()) as (keyof Config)[]; // Object.keys forgets the keys' type

/**
 * The configuration in `environment`, checked and frozen. An empty value counts as unset.
 * @throws one `ConfigError` that lists every problem: key, value, what is allowed
 */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const given: Record<string, string> = {};
  for (const key of CONFIG_KEYS) {
    const value = environment[key]?.trim();
    if (value) given[key] = value;
  }
  const config = plainToInstance(Config, given, { enableImplicitConversion: true });
  const problems = validateSync(config).flatMap(({ property: key, constraints = {} }) =>
    Object.values(constraints).map((message) => `${key}=${shown(key, given[key] ?? '')}: ${message}`),
  );
  if (config.PROCESSOR === 'http' && !config.PROCESSOR_URL)
    problems.push('PROCESSOR_URL="": must be an http:// or https:// URL when PROCESSOR is http');
  if (config.ROLE !== 'all' && config.DATABASE_URL.startsWith('sqlite:'))
    problems.push(`ROLE="${config.ROLE}": must be all with a SQLite file, which one process holds`);
  if (config.HEADERS_TIMEOUT_MS > config.REQUEST_TIMEOUT_MS)
    problems.push(
      `HEADERS_TIMEOUT_MS=${config.HEADERS_TIMEOUT_MS}: must not be more than REQUEST_TIMEOUT_MS`,
    );
  for (const key of URLS) {
    const url = config[key];
    if (problems.length === 0 && url !== '' && !url.startsWith('sqlite:') && isAmbiguous(url))
      problems.push(
        `${key}=${shown(key, url)}: must be a URL in which special characters of user and password are written as %40 and the like`,
      );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** Whether OpenTelemetry's own variables ask for traces: its SDK reads them. Off unless an exporter or its endpoint is given. */
export function isTracingOn(environment: Record<string, string | undefined> = process.env): boolean {
  const {
    OTEL_SDK_DISABLED: disabled,
    OTEL_TRACES_EXPORTER: exporter,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: tracesEndpoint,
  } = environment;
  if (disabled?.trim().toLowerCase() === 'true') return false;
  const name = exporter?.trim();
  if (name && name !== 'otlp' && name !== 'none')
    throw new ConfigError([`OTEL_TRACES_EXPORTER="${name}": must be otlp or none`]);
  return name ? name === 'otlp' : Boolean(endpoint?.trim() || tracesEndpoint?.trim());
}

/** Reads `.env` in the working directory, when there is one, beneath the real environment. */
export function loadConfig(): Config {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // without .env the defaults hold
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

function shown(key: string, value: string): string {
  if (SECRETS.has(key)) return '(hidden)';
  return JSON.stringify(
    URLS.some((url) => url === key) || value.includes('://') ? withoutPassword(value) : value,
  );
}
