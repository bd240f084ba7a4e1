import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { anOrder, get, post, request as send, until } from '../support/client.js';
import { EventClient } from '../support/event.client.js';
import { createKey, idOf, runKeys, withKey, withKeys } from '../support/keys.js';
import { expectProblem } from '../support/problem.js';
import { RawClient, request } from '../support/raw.js';
import { ServerProcess, startInVain } from '../support/server.js';

const KEY = `om_abcdefgh_${'k'.repeat(43)}`;
const OTHER = `om_hgfedcba_${'l'.repeat(43)}`;

describe('a server with an API key', () => {
  let server: RunningApp;
  let key: string;
  beforeAll(async () => {
    server = await startApp();
    key = await createKey(server.config.DATABASE_URL);
    await until(async () => (await get(`${server.url}/orders`)).status === 401);
  });
  afterAll(() => server.close());

  it('answers who has it', async () => {
    const created = await post(`${server.url}/orders`, anOrder({ order_id: 'order-1' }), withKey(key));
    expect(created.status).toBe(201);
    expect((await get(`${server.url}/orders/order-1`, withKey(key))).status).toBe(200);
    expect((await get(`${server.url}/orders`, { authorization: `bearer  ${key} ` })).status).toBe(200);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['another scheme', `Basic ${KEY}`],
    ['no key at all', 'Bearer x'],
    ['an unknown key', `Bearer ${KEY}`],
    ['two keys', `Bearer ${KEY} ${KEY}`],
    ['a huge one', `Bearer ${'k'.repeat(8000)}`],
    ['the name of an inherited property', 'Bearer __proto__'],
  ])('refuses who has not: %s', async (_, authorization) => {
    for (const method of ['GET', 'POST']) {
      const headers = authorization === undefined ? undefined : { authorization };
      const answer =
        method === 'GET'
          ? await get(`${server.url}/orders`, headers)
          : await post(`${server.url}/orders`, anOrder(), headers);
      expectProblem(answer, 401, '/orders');
      const challenge = answer.headers.get('www-authenticate');
      expect(challenge).toBe(
        authorization === undefined
          ? 'Bearer realm="ordermill"'
          : 'Bearer realm="ordermill", error="invalid_token"',
      );
    }
  });

  it('refuses the id of a key with another secret, and a key with one character changed', async () => {
    for (const wrong of [
      `om_${idOf(key)}_${'k'.repeat(43)}`,
      key.slice(0, -1) + (key.endsWith('A') ? 'Q' : 'A'),
    ])
      expect((await get(`${server.url}/orders`, withKey(wrong))).status).toBe(401);
  });

  it('refuses a request before its body has come', async () => {
    const client = await RawClient.open(server.url);
    const [head] = request('POST', '/orders', ' '.repeat(1_000_000)).split('\r\n\r\n');
    await client.send(`${head}\r\n\r\n`);
    await until(async () => client.answers.length === 1);
    expect(client.answers[0]?.status).toBe(401);
    client.socket.destroy();
  });

  it.each(['/health/live', '/health/ready', '/', '/docs', '/openapi.json'])(
    'shows to everybody %s',
    async (path) => {
      expect((await get(server.url + path)).status).toBe(200);
      expect((await get(server.url + path, withKey(KEY))).status).toBe(200);
    },
  );

  it('says what is missing to a key without the scope', async () => {
    const reader = await createKey(server.config.DATABASE_URL, ['orders:read']);
    await until(async () => (await get(`${server.url}/orders`, withKey(reader))).status === 200);
    const answer = await post(`${server.url}/orders`, anOrder(), withKey(reader));
    expectProblem(answer, 403, '/orders');
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="ordermill", error="insufficient_scope", scope="orders:write"',
    );
    expect(answer.body.detail).toContain('orders:write');
  });

  it('refuses a key that has ended, and closes its streams', async () => {
    const { DATABASE_URL } = server.config;
    const endsAt = Date.now() + 1500;
    const brief = await withKeys(DATABASE_URL, (keys) => keys.create('brief', ['orders:read'], endsAt));
    await until(async () => (await get(`${server.url}/orders`, withKey(brief))).status === 200);
    const events = await EventClient.open(`${server.url}/events`, undefined, withKey(brief));
    await until(async () => (await get(`${server.url}/orders`, withKey(brief))).status === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
    await until(async () => events.errors.length > 0);
    events.close();
  });

  it('keeps the old key for a while when it is rotated', async () => {
    const { DATABASE_URL } = server.config;
    const old = await createKey(DATABASE_URL, ['metrics:read']);
    const before = Date.now();
    const next = await withKeys(DATABASE_URL, (keys) => keys.rotate(idOf(old), 3_600_000));
    for (const one of [old, next])
      await until(async () => (await get(`${server.url}/metrics`, withKey(one))).status === 200);
    expect((await get(`${server.url}/orders`, withKey(next))).status).toBe(403);
    const rows = await withKeys(DATABASE_URL, (keys) => keys.list());
    const ends = rows.map(({ id, expiresAt }) => [id, Number(expiresAt)] as const);
    const end = new Map(ends).get(idOf(old)) ?? 0;
    expect(end).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(end).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect(new Map(ends).get(idOf(next))).toBe(0);
  });

  it('keeps no secret in its database', async () => {
    const text = JSON.stringify(await withKeys(server.config.DATABASE_URL, (keys) => keys.list()));
    expect(text).toContain(idOf(key));
    expect(text).not.toContain(key.slice(12));
  });

  it('answers 404 and 405 without a key as with one', async () => {
    expect((await get(`${server.url}/nothing`)).status).toBe(404);
    expect((await send('DELETE', `${server.url}/orders`)).status).toBe(401);
  });
});

describe('when a key was last used', () => {
  it('is written at the stop, and not by the requests', async () => {
    const database = temporaryDatabase();
    const key = await createKey(database.url);
    const server = await startApp({ config: { DATABASE_URL: database.url } });
    const lastUsed = () =>
      withKeys(database.url, async (keys) => (await keys.list()).map(({ lastUsedAt }) => Number(lastUsedAt)));
    const from = Date.now();
    for (let count = 0; count < 20; count++) await get(`${server.url}/orders`, withKey(key));
    const to = Date.now();
    expect(await lastUsed()).toEqual([0]);
    await server.close();
    const [at] = await lastUsed();
    expect(at).toBeGreaterThanOrEqual(from);
    expect(at).toBeLessThanOrEqual(to);
    database.remove();
  });
});

describe('a server without API keys', () => {
  const database = temporaryDatabase();
  afterAll(() => database.remove());
  const started = async (environment: Record<string, string>) => {
    const server = await ServerProcess.start({ DATABASE_URL: database.url, ...environment });
    const { status } = await get(`${server.url}/orders`);
    await server.stop();
    return status;
  };

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('is open on %s', async (HOST) => {
    expect(await started({ HOST })).toBe(200);
  });

  it.each(['0.0.0.0', '::'])('does not start on %s', async (HOST) => {
    const { code, said } = await startInVain({ DATABASE_URL: database.url, HOST });
    expect(code).toBe(1);
    expect(said).toContain('there is no API key');
    expect(said).toContain('ALLOW_OPEN=true');
  });

  it('is open on any address when it is told so', async () => {
    expect(await started({ HOST: '0.0.0.0', ALLOW_OPEN: 'true' })).toBe(200);
  });

  it('is closed by a configured key, which has every scope or those that are named', async () => {
    expect(await started({ HOST: '0.0.0.0', API_KEYS: KEY })).toBe(401);
    const server = await startApp({ config: { API_KEYS: `${KEY},metrics:read+orders:read@${OTHER}` } });
    expect((await post(`${server.url}/orders`, anOrder(), withKey(KEY))).status).toBe(201);
    expect((await get(`${server.url}/metrics`, withKey(OTHER))).status).toBe(200);
    expect((await post(`${server.url}/orders`, anOrder(), withKey(OTHER))).status).toBe(403);
    await server.close();
  });

  it('stays closed once a key was made, though it is revoked', async () => {
    const key = await createKey(database.url);
    await withKeys(database.url, (keys) => keys.revoke(idOf(key)));
    expect(await started({ HOST: '127.0.0.1' })).toBe(401);
    expect(await started({ HOST: '0.0.0.0' })).toBe(401);
    expect(await withKeys(database.url, (keys) => keys.purge())).toBe(1);
    expect(await started({ HOST: '127.0.0.1' })).toBe(200);
  });
});

describe('npm run keys', () => {
  const database = temporaryDatabase();
  afterAll(() => database.remove());

  it('makes, lists, rotates, revokes and purges keys', async () => {
    const made = await runKeys(
      database.url,
      'create',
      '--scope',
      'orders:write,orders:read',
      '--name',
      'shop',
    );
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^om_[a-z2-7]{8}_[\w-]{43}\n$/) });
    const id = idOf(made.stdout);
    const listed = await runKeys(database.url, 'list');
    expect(listed.stdout).toMatch(new RegExp(`^${id}  valid +- +orders:read orders:write  shop$`, 'm'));
    expect(listed.stdout).not.toContain(made.stdout.trim().slice(12));
    const rotated = await runKeys(database.url, 'rotate', id, '--overlap', '1');
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^om_/) });
    expect(await runKeys(database.url, 'revoke', id)).toMatchObject({
      code: 0,
      stdout: `${id} is revoked\n`,
    });
    expect(await runKeys(database.url, 'revoke', id)).toMatchObject({
      code: 1,
      stderr: `the key ${id} is revoked already\n`,
    });
    expect((await runKeys(database.url, 'list')).stdout).toMatch(new RegExp(`^${id}  revoked 2`, 'm'));
    expect(await runKeys(database.url, 'purge')).toMatchObject({ stdout: '1 deleted\n' });
  });

  it.each([
    [['create'], 'create needs at least one --scope'],
    [['create', '--scope', 'orders'], '--scope must be one of'],
    [['create', '--scope', 'orders:read', '--days', 'x'], '--days must be a whole number'],
    [['create', '--scope', 'orders:read', '--name', 'x'.repeat(101)], '--name must be'],
    [['create', '--scopes', 'orders:read'], "Unknown option '--scopes'"],
    [['revoke'], 'revoke needs the id of one key'],
    [['revoke', 'aaaaaaaa'], 'there is no key aaaaaaaa'],
    [['lst'], 'there is no command lst'],
  ])('refuses %j', async (words, reason) => {
    const { code, stderr, stdout } = await runKeys(database.url, ...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(reason);
  });

  it('generates what API_KEYS takes, without a database', async () => {
    const { stdout } = await runKeys('postgres://nobody@127.0.0.1:1/x', 'generate');
    const server = await startApp({ config: { API_KEYS: stdout.trim() } });
    expect((await get(`${server.url}/orders`, withKey(stdout.trim()))).status).toBe(200);
    await server.close();
  });
});
