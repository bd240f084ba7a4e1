import { execFile } from 'node:child_process';
import type { Scope } from '../../src/http/access/scopes.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { get, until } from '../support/client.js';
import { createKey, withKey } from '../support/keys.js';
import { LyingServer, type Lie } from '../support/lying.server.js';
import { readTable } from '../support/table.js';

const MAIN = new URL('../../bin/simulate/main.ts', import.meta.url).pathname;

/** `npm run simulate -- …`: its exit status and what it said. */
function simulate(options: string[], environment: Record<string, string> = {}) {
  return new Promise<{ code: unknown; said: string }>((resolve) =>
    execFile(
      process.execPath,
      [MAIN, ...options],
      { env: { ...process.env, ...environment } },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, said: stdout + stderr }),
    ),
  );
}

/** A line of the verdict. */
function line(name: string, value: string | number): RegExp {
  return new RegExp(`^${name} +${value}$`, 'm');
}

describe('npm run simulate', () => {
  const database = temporaryDatabase();
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp({
      config: { DATABASE_URL: database.url, PROCESSING_TIME_MS: 0, QUEUE_MAX_PENDING: 1_000_000 },
    });
  });
  afterAll(async () => {
    await server.close();
    database.remove();
  });

  const play = (scenario: string, ...more: string[]) =>
    simulate(['--url', server.url, '--concurrency', '50', '--scenario', scenario, ...more]);

  it('posts the orders, watches until all are Completed, and says so', async () => {
    const { code, said } = await play('burst', '--orders', '300');
    for (const name of ['accepted', 'completed']) expect(said).toMatch(line(name, 300));
    for (const name of ['lost', 'duplicates', 'out of turn', 'wrong answers'])
      expect(said).toMatch(line(name, 0));
    expect(said).toMatch(
      /^acceptance +p50 \d+ ms, p95 \d+ ms, p99 \d+ ms, max \d+ ms; \d+ orders a second$/m,
    );
    expect(said).toMatch(/^all done +yes, after \d+\.\d s$/m);
    // in lines: this is no terminal
    expect(said).toMatch(/^completed 300\/300, processing 0, accepted 300, \d+\/s$/m);
    expect(said).not.toContain('\u001b');
    expect(code).toBe(0);
    const [row] = readTable<{ count: number }>(
      database.file,
      `SELECT COUNT(*) AS count FROM orders WHERE status = 'Completed'`,
    );
    expect(row?.count).toBe(300);
  });

  it.each([
    ['bursts', [], 100, 0],
    ['steady', ['--rate', '1000'], 100, 0],
    ['duplicates', [], 100, 200],
    ['bad-input', [], 100, 0],
    ['mixed', ['--rate', '1000'], 100, 36],
  ])('plays %s', async (scenario, more, accepted, replayed) => {
    const { code, said } = await play(scenario, '--orders', '100', ...more);
    expect(said).toMatch(line('accepted', accepted));
    expect(said).toMatch(line('completed', accepted));
    expect(said).toMatch(line('replayed', replayed));
    expect(said).toMatch(line('wrong answers', 0));
    expect(code).toBe(0);
  });

  let posts = 0;
  const invented = (): Promise<{ status: number; body: string }> =>
    Promise.resolve({ status: 201, body: '{"order_id":"never-stored"}' });
  const lies: [what: string, scenario: string, lie: Lie, found: RegExp][] = [
    [
      'forgets an order that it accepted',
      'burst',
      (_, ask) => (++posts === 3 ? invented() : ask()),
      line('lost', String.raw`1 \(1 × not there\)`),
    ],
    [
      'accepts an order a second time',
      'duplicates',
      async (_, ask) => {
        const { status, body } = await ask();
        return { status: status === 200 ? 201 : status, body };
      },
      line('duplicates', 40),
    ],
    [
      'refuses a good order',
      'burst',
      (_, ask) => (++posts === 3 ? Promise.resolve({ status: 400, body: '{}' }) : ask()),
      line('wrong answers', String.raw`1 \(1 × POST /orders gave 400, not 201\)`),
    ],
    [
      'stores an order that it refused',
      'burst',
      async (_, ask) => {
        const reply = await ask();
        return ++posts === 3 ? { status: 503, body: '{}' } : reply;
      },
      line('wrong answers', String.raw`1 \(1 × an order is stored that was not accepted\)`),
    ],
  ];
  it.each(lies)('finds out a server that %s', async (_, scenario, lie, found) => {
    posts = 0;
    const liar = await LyingServer.start(server.url, lie);
    const options = ['--orders', '20', '--scenario', scenario, '--timeout', '2', '--url', liar.url];
    const { code, said } = await simulate(options);
    await liar.close();
    expect(said).toMatch(found);
    expect(code).toBe(1);
  });

  it('counts what the server has no room for as refused, not as lost', async () => {
    const full = await startApp({
      config: { PROCESSING_TIME_MS: 1, PROCESSOR_CONCURRENCY: 1, QUEUE_MAX_PENDING: 5 },
    });
    const { code, said } = await simulate(['--orders', '200', '--url', full.url]);
    await full.close();
    expect(said).toMatch(/^refused +\d+ \(\d+ × 503\)$/m);
    expect(said).toMatch(line('lost', 0));
    expect(said).toMatch(line('out of turn', 0));
    expect(code).toBe(0);
  });

  it('starts a server of its own where nothing answers, and takes it away again', async () => {
    const { code, said } = await simulate(['--orders', '50'], { PROCESSING_TIME_MS: '0' });
    const url = /^(http:\S+), burst/m.exec(said)?.[1];
    expect(said).toMatch(line('completed', 50));
    expect(code).toBe(0);
    await expect(fetch(`${url}/metrics`)).rejects.toThrow('fetch failed');
  });

  describe('a server with API keys', () => {
    let closed: RunningApp;
    const unknown = `om_abcdefgh_${'k'.repeat(43)}`;
    const run = (ORDERMILL_API_KEY: string) =>
      simulate(['--url', closed.url, '--orders', '50'], { ORDERMILL_API_KEY });
    const aKey = async (...scopes: Scope[]) => {
      const key = await createKey(closed.config.DATABASE_URL, scopes);
      await until(async () => (await get(`${closed.url}/orders`, withKey(key))).status !== 401);
      return key;
    };
    beforeAll(async () => {
      closed = await startApp();
      await aKey('metrics:read');
    });
    afterAll(() => closed.close());

    it('is sent the key of the environment', async () => {
      const key = await aKey('orders:read', 'orders:write');
      const { code, said } = await run(`${key}\n`);
      expect(said).toMatch(line('completed', 50));
      expect(said).toMatch(line('out of turn', 0));
      expect(said).not.toContain(key);
      expect(code).toBe(0);
    });

    it.each<[what: string, key: () => string | Promise<string>, why: string]>([
      ['no key', () => '', 'asks for an API key: set ORDERMILL_API_KEY in the environment'],
      ['an unknown key', () => unknown, 'does not know the API key in ORDERMILL_API_KEY'],
      ['a key that may only read', () => aKey('orders:read'), 'does not have the scope orders:write.'],
      ['a key that may only write', () => aKey('orders:write'), 'does not have the scope orders:read.'],
    ])('says what is wrong with %s', async (_, key, why) => {
      const sent = await key();
      const { code, said } = await run(sent);
      expect(said).toContain(why);
      expect(said).not.toContain(sent || unknown);
      expect(code).toBe(1);
    });
  });

  it('starts its own server open, whatever keys the environment has', async () => {
    const key = `om_abcdefgh_${'k'.repeat(43)}`;
    const environment = { PROCESSING_TIME_MS: '0', API_KEYS: key, ORDERMILL_API_KEY: key };
    const { code, said } = await simulate(['--orders', '5'], environment);
    expect(said).toMatch(line('completed', 5));
    expect(code).toBe(0);
  });

  it.each([
    [['--url', 'http://127.0.0.1:1'], 'No server answers at http://127.0.0.1:1'],
    [['--orders', '0'], '--orders must be a whole number'],
    [['--url', 'ftp://127.0.0.1'], '--url must be an http URL'],
    [['--scenario', 'constructor'], '--scenario must be one of burst, bursts'],
  ])('ends with an error when told %j', async (options, why) => {
    const { code, said } = await simulate(options);
    expect(said).toContain(why);
    expect(code).toBe(1);
  });
});
