import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { withoutPassword } from '../../src/common/secret.url.js';
import { CONFIG_KEYS, ConfigError, parseConfig } from '../../src/config.js';

const ROOT = join(import.meta.dirname, '../..');
const dotEnv = parseEnv(readFileSync(join(ROOT, '.env'), 'utf8'));

function problemsOf(environment: Record<string, string>): string {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('the configuration', () => {
  it('has every key that is read in .env, and no other', () => {
    expect(Object.keys(dotEnv).toSorted()).toEqual(CONFIG_KEYS.toSorted());
  });

  it('has the defaults that .env shows', () => {
    const defaults = parseConfig({});
    expect(Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, String(value)]))).toEqual(
      dotEnv,
    );
    expect(parseConfig(dotEnv)).toEqual(defaults);
  });

  it('is in the README, key by key, with its defaults', () => {
    const rows = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(
      /^\| `([A-Z_]+)` +\| (?:`(.*?)`|–) +\|/gm,
    );
    expect(Object.fromEntries([...rows].map(([, key, value]) => [key, value ?? '']))).toEqual(dotEnv);
  });

  it('reads the environment in one place', () => {
    const readers = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .filter((name) =>
        /process\.env|process\[|node:process|loadEnvFile/.test(readFileSync(join(ROOT, 'src', name), 'utf8')),
      );
    expect(readers).toEqual(['config.ts']);
  });

  it('takes numbers as numbers, trims, and ignores what it does not know', () => {
    expect(parseConfig({ PORT: ' 9000 ', MAX_ATTEMPTS: '1', PATH: '/bin' })).toMatchObject({
      PORT: 9000,
      MAX_ATTEMPTS: 1,
    });
    expect(parseConfig({ PATH: '/bin' })).not.toHaveProperty('PATH');
  });

  it.each(['', '  '])('takes %j as unset', (empty) => {
    expect(parseConfig({ PORT: empty, HOST: empty, LOG_LEVEL: empty })).toEqual(parseConfig({}));
  });

  it('cannot be changed', () => {
    const config = parseConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
  });

  it('names the key, the value and what is allowed of every problem, in one message', () => {
    const message = problemsOf({
      PORT: '80800',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'oracle://db',
      MAX_ATTEMPTS: '0',
      PROCESSING_TIME_MS: '2s',
      PROCESSOR_CONCURRENCY: '1.5',
    });
    expect(message.split('\n').slice(1).toSorted()).toEqual([
      '  DATABASE_URL="oracle://db": must be sqlite:<path of a file>, postgres://… or mysql://…',
      '  LOG_LEVEL="loud": must be one of fatal, error, warn, info, log, debug, verbose',
      '  MAX_ATTEMPTS="0": must be a whole number from 1 to 1000',
      '  PORT="80800": must be a whole number from 0 to 65535',
      '  PROCESSING_TIME_MS="2s": must be a whole number from 0 to 86400000',
      '  PROCESSOR_CONCURRENCY="1.5": must be a whole number from 1 to 10000',
    ]);
  });

  it('takes a role of its own only with a database that processes can share', () => {
    for (const ROLE of ['api', 'worker']) {
      expect(problemsOf({ ROLE })).toContain(`ROLE="${ROLE}": must be all with a SQLite file`);
      expect(parseConfig({ ROLE, DATABASE_URL: 'postgres://db/orders' }).ROLE).toBe(ROLE);
    }
  });

  it('shows no password of a database', () => {
    expect(problemsOf({ DATABASE_URL: 'oracle://me:secret@db/orders' })).not.toContain('secret');
    expect(withoutPassword('postgres://me:secret@db/orders')).toBe('postgres://me:***@db/orders');
    expect(withoutPassword('postgres://db/orders?user=me&password=secret')).toBe('postgres://db/orders?***');
  });

  it('never shows a password', () => {
    expect(problemsOf({ REDIS_URL: 'http://:secret@redis:6379' })).toContain(
      'REDIS_URL="http://:***@redis:6379": must be a redis:// or rediss:// URL',
    );
    expect(problemsOf({ DATABASE_URL: 'http://me:secret@db' })).not.toContain('secret');
  });

  it.each(['redis://127.0.0.1', 'rediss://me:secret@redis:6380/2'])('takes %s for Redis', (url) => {
    expect(parseConfig({ QUEUE_DRIVER: 'bullmq', REDIS_URL: url })).toMatchObject({ REDIS_URL: url });
  });

  it.each(['true', 'null', '-1', 'Infinity', 'NaN', '8000 8001'])('refuses %j as a port', (value) => {
    expect(problemsOf({ PORT: value })).toContain(`PORT="${value}": must be a whole number`);
  });
});
