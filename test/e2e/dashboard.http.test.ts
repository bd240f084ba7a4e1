import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as send, type IncomingMessage } from 'node:http';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { startApp, type RunningApp } from '../support/app.js';
import { get, request } from '../support/client.js';
import { RawClient, request as rawRequest } from '../support/raw.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** `fetch` would say with `if-none-match` that it wants no answer from a cache. */
async function ask(method: string, url: string, headers: Record<string, string> = {}) {
  const [answer] = (await once(send(url, { method, headers, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  return { status: answer.statusCode, body: await text(answer) };
}

describe('GET /', () => {
  let server: RunningApp;
  let html: string;
  const assets = () =>
    [...html.matchAll(/(?:href|src)="(page\/[^"]+)"/g)].map(([, path]) => `${server.url}/${path}`);
  const folder = () => assets()[0]?.replace(/icon\.svg$/, '') ?? '';
  beforeAll(async () => {
    server = await startApp();
    html = await (await fetch(server.url, { headers: BROWSER })).text();
  });
  afterAll(() => server.close());

  it('is the page for a browser, under a policy without inline scripts and styles', async () => {
    const { status, headers } = await get(server.url, BROWSER);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')?.split(';')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(headers.get('vary')).toBe('Accept');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)| on\w+=/);
  });

  it.each([undefined, '*/*', 'application/json', 'application/json, text/plain, */*', 'text/plain'])(
    'is a list of links for a program: Accept: %s',
    async (accept) => {
      const { status, headers, body } = await get(server.url, accept === undefined ? {} : { accept });
      expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
      expect(headers.get('vary')).toBe('Accept');
      for (const path of Object.values<string>(body.links))
        expect([path, (await ask('HEAD', server.url + path)).status]).toEqual([path, 200]);
    },
  );

  it('is answered again with 304 and to HEAD', async () => {
    const { headers } = await get(server.url, BROWSER);
    const again = await ask('GET', server.url, { ...BROWSER, 'if-none-match': headers.get('etag') ?? '' });
    expect([again.status, again.body]).toEqual([304, '']);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(await ask('HEAD', server.url)).toEqual({ status: 200, body: '' });
  });

  it('has files of exact types that browsers keep for ever, those of libraries too', async () => {
    const names = readdirSync('src/dashboard/page', { recursive: true, encoding: 'utf8' });
    const own = names.filter((name) => TYPES[extname(name)]);
    const libraries = ['preact.js', 'htm.js', 'eventsource-parser.js', 'uplot.js', 'uplot.css'];
    expect(own.length).toBeGreaterThan(20);
    for (const name of [...own, ...libraries.map((file) => `lib/${file}`)]) {
      const { status, headers, body } = await get(folder() + name);
      expect([name, status, headers.get('content-type')]).toEqual([name, 200, TYPES[extname(name)]]);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(body).not.toContain('http-equiv');
      const again = await ask('GET', folder() + name, { 'if-none-match': headers.get('etag') ?? '' });
      expect(again.status).toBe(304);
      expect(await ask('HEAD', folder() + name)).toEqual({ status: 200, body: '' });
    }
  });

  it('serves a page of another version these files, which it may not keep', async () => {
    const { status, headers } = await get(`${server.url}/page/another/main.js`);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  it.each(['nothing.js', 'index.html', 'main.ts', 'lib/htm.d.ts', 'tsconfig.json', '', 'main.js/', 'lib'])(
    'has no other file: %s',
    async (name) => {
      const { status, headers } = await get(folder() + name);
      expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    },
  );

  it.each([
    '/page/x/../../package.json',
    '/page/x/%2e%2e/%2e%2e/package.json',
    '/page/x/..%2f..%2fpackage.json',
    '/page/x//etc/passwd',
    '/page/x/%00',
    '/page/x/views\\app.js',
    '/page/../../../../etc/passwd',
    '/page/x/constructor',
    '/page/x/__proto__',
  ])('leads nowhere: %s', async (path) => {
    const client = await RawClient.open(server.url);
    await client.send(rawRequest('GET', path, '', { connection: 'close' }));
    await client.end();
    expect(client.answers.map(({ status }) => status)).toEqual([404]);
  });

  it('takes no other method', async () => {
    for (const url of [server.url, `${folder()}main.js`]) {
      const { status, headers } = await request('DELETE', url);
      expect([status, headers.get('allow')]).toEqual([405, 'GET']);
    }
  });
});

for (const database of SERVERS)
  ((await isThere(database)) ? describe : describe.skip)(`a worker on ${database.name}`, () => {
    it('has no status page, but metrics and their stream', async () => {
      const { url: DATABASE_URL, remove } = await createDatabase(database);
      const worker = await startApp({ config: { DATABASE_URL, ROLE: 'worker' } });
      expect((await get(worker.url, BROWSER)).status).toBe(404);
      expect((await get(worker.url)).status).toBe(404);
      expect((await ask('HEAD', `${worker.url}/metrics/stream`)).status).toBe(200);
      await worker.close();
      await remove();
    });
  });
