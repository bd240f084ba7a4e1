import { startApp, type RunningApp } from '../support/app.js';
import { get } from '../support/client.js';

const TYPES: Record<string, RegExp> = {
  css: /^text\/css/,
  js: /^(text|application)\/javascript/,
  svg: /^image\/svg\+xml/,
};

describe.each(['/docs', '/docs/'])('the page %s', (path) => {
  let server: RunningApp;
  let page: Response;
  let html: string;
  beforeAll(async () => {
    server = await startApp();
    page = await fetch(server.url + path);
    html = await page.text();
  });
  afterAll(() => server.close());

  it('is HTML', () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  });

  it('needs nothing that this server does not have', async () => {
    const assets = [...html.matchAll(/(?:href|src)=["']([^"']+)["']/g)].map(
      ([, name]) => new URL(name ?? '', page.url),
    );
    const kinds = assets.map(({ pathname }) => pathname.split('.').at(-1) ?? '');
    expect(kinds).toEqual(expect.arrayContaining(['css', 'js']));
    for (const [index, asset] of assets.entries()) {
      expect(asset.origin).toBe(server.url);
      const response = await fetch(asset);
      await response.arrayBuffer();
      expect([asset.pathname, response.status]).toEqual([asset.pathname, 200]);
      expect(response.headers.get('content-type')).toMatch(TYPES[kinds[index] ?? ''] ?? /^$/);
    }
  });

  it('shows the document of this server', async () => {
    const script = await (await fetch(`${server.url}/docs/swagger-ui-init.js`)).text();
    const { body } = await get(`${server.url}/openapi.json`);
    for (const route of Object.keys(body.paths)) expect(script).toContain(`"${route}"`);
  });
});
