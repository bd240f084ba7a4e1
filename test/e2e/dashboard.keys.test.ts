import type { Browser, Route } from 'playwright-core';
import { SCOPES, type Scope } from '../../src/http/access/scopes.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { createKey, idOf, withKey, withKeys } from '../support/keys.js';
import { TestPage } from '../support/test.page.js';
import { Gate, withWork } from '../support/work.js';

/** What nobody may see without a key. */
const SECRET = 'secret-order';

(isBrowserThere() ? describe : describe.skip)('the status page of a server with API keys', () => {
  let browser: Browser;
  let server: RunningApp;
  let gate: Gate;
  let key: string;
  let tab: TestPage;
  const open = async (path = '/', options = {}) =>
    (tab = await TestPage.open(browser, server.url + path, options));
  /** A key that the server knows by now. */
  const aKey = async (...scopes: Scope[]) => {
    const made = await createKey(server.config.DATABASE_URL, scopes);
    await until(async () => (await get(`${server.url}/orders`, withKey(made))).status !== 401);
    return made;
  };
  const revoke = (one: string) => withKeys(server.config.DATABASE_URL, (keys) => keys.revoke(idOf(one)));
  const field = () => tab.page.getByLabel('API key', { exact: true });
  const give = async (one: string) => {
    await field().fill(one);
    await tab.page.getByRole('button', { name: 'Use the key' }).click();
  };
  const alert = () => tab.page.getByRole('alert');
  const html = () => tab.page.content();
  const kept = () =>
    tab.page.evaluate<string[]>(
      '[localStorage, sessionStorage].map((storage) => JSON.stringify({ ...storage })).concat(document.cookie)',
    );

  beforeAll(async () => (browser = await launchBrowser()));
  afterAll(() => browser.close());
  beforeEach(async () => {
    gate = new Gate();
    server = await startApp({ config: { PROCESSOR_CONCURRENCY: 1 }, ...withWork(gate.work) });
    key = await createKey(server.config.DATABASE_URL);
    await until(async () => (await get(`${server.url}/orders`)).status === 401);
    await post(`${server.url}/orders`, anOrder({ order_id: SECRET, user_id: 'ann' }), withKey(key));
  });
  afterEach(async () => {
    const { problems } = tab;
    await tab.close();
    gate.open();
    await server.close();
    const others = problems.filter((text) => !/status of 40[13] /.test(text)); // Chromium notes each on the console
    expect(others).toEqual([]);
  });

  it.each(['/', '/#/?status=Processing', `/#/orders/${SECRET}`])(
    'shows nothing of orders before it has one, then %s',
    async (path) => {
      const page = await browser.newPage();
      const answers: string[] = [];
      page.on('response', (response) => {
        const isFile = /^\/($|page\/)/.test(new URL(response.url()).pathname);
        if (!isFile) answers.push(`${response.status()} ${new URL(response.url()).pathname}`);
      });
      await page.goto(server.url + path);
      await page.getByRole('heading', { name: 'This server asks for an API key' }).waitFor();
      for (const part of ['table', '.tile', '.panel', '.skeleton', '[role=search]'])
        expect([part, await page.locator(part).count()]).toEqual([part, 0]);
      expect(await page.getByRole('button').allTextContents()).toEqual(['Use the key']);
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.filter((answer) => !answer.startsWith('401 '))).toEqual([]);
      await page.close();
      await open(path);
      await give(key);
      await tab.untilLive();
      await tab.page.getByText(SECRET).first().waitFor();
      expect(new URL(tab.page.url()).hash).toBe(path.slice(1));
    },
  );

  it('says that a key is wrong, and takes the right one', async () => {
    await open();
    const wrong = `om_abcdefgh_${'k'.repeat(43)}`;
    for (const one of [wrong, 'кey', 'a b']) {
      await give(one);
      await tab.untilText(alert(), 'This API key is not valid.');
      await until(() => tab.page.evaluate('document.activeElement.id === "key"'));
      expect(await field().getAttribute('aria-invalid')).toBe('true');
      expect(JSON.stringify(await kept())).not.toContain(one);
    }
    await give(` ${key} `);
    await tab.untilLive();
    await tab.row(SECRET).waitFor();
    expect(await tab.page.getByText('API key').count()).toBe(0);
  });

  it('keeps the key nowhere but in the session of its tab, over a reload', async () => {
    const context = await browser.newContext();
    tab = await TestPage.open(context, server.url);
    const said: string[] = [];
    tab.page.on('console', (message) => said.push(message.text()));
    const asked: string[] = [];
    tab.page.on('request', (request) => asked.push(request.url()));
    await give(key);
    await tab.untilLive();
    await tab.page.reload();
    await tab.untilLive();
    await tab.row(SECRET).waitFor();
    const [local, session, cookies] = await kept();
    expect([local, cookies]).toEqual(['{}', '']);
    expect(session).toBe(JSON.stringify({ 'ordermill.api_key': key }));
    expect(await context.cookies()).toEqual([]);
    for (const place of [tab.page.url(), await html(), ...asked, ...said, ...tab.problems])
      expect(place).not.toContain(key.slice(12));
    const another = await context.newPage();
    await another.goto(server.url);
    await another.getByLabel('API key', { exact: true }).waitFor();
    await another.close();
    const link = `const link = document.querySelector('.brand'); link.target = '_blank'; link.click()`;
    const [opened] = await Promise.all([context.waitForEvent('page'), tab.page.evaluate(link)]);
    await opened.getByLabel('API key', { exact: true }).waitFor();
    await opened.close();
    const stranger = await browser.newPage();
    await stranger.goto(server.url);
    await stranger.getByLabel('API key', { exact: true }).waitFor();
    await stranger.close();
    await context.close();
  });

  it('forgets the key, and what it has shown, when asked to', async () => {
    await open('/#/?user_id=ann');
    await give(key);
    await tab.row(SECRET).waitFor();
    await tab.page.getByRole('button', { name: 'Forget the key' }).click();
    await field().waitFor();
    await until(() => tab.page.evaluate('document.activeElement.id === "key"'));
    expect(await html()).not.toContain(SECRET);
    expect(await kept()).toEqual(['{}', '{}', '']);
    expect(await alert().allTextContents()).toEqual(['']);
    await give(await aKey('metrics:read'));
    await tab.untilCount('Processing', 1);
    await tab.untilText(alert(), 'orders:read');
    expect(await html()).not.toContain(SECRET);
    await tab.page.getByRole('button', { name: 'Forget the key' }).click();
    await tab.page.reload();
    await field().waitFor();
  });

  it('shows nothing that was asked for with a key that is forgotten', async () => {
    await open(`/#/orders/${SECRET}`);
    await give(key);
    await tab.untilLive();
    const held = Promise.withResolvers<void>();
    const hold = async (route: Route) => {
      const response = await route.fetch();
      await held.promise;
      await route.fulfill({ response });
    };
    await tab.page.route(`**/orders/${SECRET}`, hold, { times: 1 });
    const asked = tab.page.waitForRequest(`**/orders/${SECRET}`);
    await tab.page.getByRole('link', { name: 'All orders' }).click();
    await tab.page.goBack();
    await asked;
    await tab.page.getByRole('button', { name: 'Forget the key' }).click();
    await give(await aKey('metrics:read'));
    await tab.page.getByRole('heading', { name: `Order ${SECRET}` }).waitFor();
    held.resolve();
    await tab.untilText(alert(), 'orders:read');
    expect(await tab.page.locator('.content, .timeline').count()).toBe(0);
  });

  it('asks again when the key is revoked, and goes on where it was', async () => {
    const orders = Array.from({ length: 60 }, (_, index) =>
      anOrder({ order_id: `order-${index}`, user_id: 'bob' }),
    );
    await post(`${server.url}/orders/batch`, { orders }, withKey(key));
    await open('/#/?user_id=bob');
    await give(key);
    await tab.untilLive();
    await tab.page.getByRole('button', { name: 'Next' }).click();
    await tab.row('order-20').waitFor();
    await revoke(key);
    await tab.untilText(alert(), 'The API key of this page is not valid any more.');
    await until(() => tab.page.evaluate('document.activeElement.id === "key"'));
    expect(await html()).not.toContain('order-20');
    expect(await tab.page.title()).toBe('API key · Ordermill');
    expect(await kept()).toEqual(['{}', '{}', '']);
    await give(await aKey('orders:read', 'metrics:read'));
    await tab.row('order-20').waitFor();
    await tab.page.getByText('Page 2', { exact: true }).waitFor();
    expect(await tab.page.getByLabel('User id').inputValue()).toBe('bob');
    await tab.untilLive();
    await tab.untilCount('Pending', 60);
  });

  it('asks when the server gets its first key while the page is open, and for one order', async () => {
    const other = await startApp();
    await post(`${other.url}/orders`, anOrder({ order_id: 'mine' }));
    tab = await TestPage.open(browser, `${other.url}/#/orders/mine`);
    await tab.page.getByRole('heading', { name: 'History' }).waitFor();
    await tab.untilLive();
    expect(await tab.page.getByRole('button').allTextContents()).not.toContain('Forget the key');
    const first = await createKey(other.config.DATABASE_URL);
    await field().waitFor();
    expect(await html()).not.toContain('Completed');
    await give(first);
    await tab.page.getByRole('heading', { name: 'History' }).waitFor();
    await until(() => tab.page.evaluate('document.activeElement.textContent === "Order mine"'));
    await other.close();
  });

  it.each<[Scope, Scope]>([
    ['metrics:read', 'orders:read'],
    ['orders:read', 'metrics:read'],
  ])('says that a key with %s lacks %s, and shows what it may', async (scope, missing) => {
    await open();
    await give(await aKey(scope));
    await tab.untilText(alert(), `This API key does not have the scope ${missing}.`);
    await tab.untilLive();
    if (scope === 'metrics:read') {
      await tab.untilCount('Processing', 1);
      expect(await tab.page.getByRole('table').count()).toBe(0);
    } else {
      await tab.untilText(tab.row(SECRET), 'Processing');
      gate.open();
      await tab.untilText(tab.row(SECRET), 'Completed');
      expect(await tab.page.locator('.tile').count()).toBe(0);
    }
    expect(await tab.page.locator('.skeleton').count()).toBe(0);
    expect(await tab.violations()).toEqual([]);
  });

  it('lets a key act that may not look, and one look that may not act', async () => {
    await open();
    await give(await aKey('orders:write'));
    await tab.untilText(tab.page.locator('.connection'), 'Not live');
    await tab.page.getByRole('button', { name: 'Test orders' }).click();
    await tab.page.getByLabel('Order id').last().fill('posted');
    await tab.page.getByRole('button', { name: 'Post the order' }).click();
    await tab.untilText(tab.page.getByRole('status'), 'Order posted is accepted.');
    expect((await get(`${server.url}/orders/posted`, withKey(key))).status).toBe(200);
    await tab.page.getByRole('button', { name: 'Forget the key' }).click();
    await give(await aKey('orders:read', 'metrics:read'));
    await tab.page.getByRole('link', { name: 'posted' }).click();
    await tab.page.getByRole('button', { name: 'Cancel the order' }).click();
    await tab.untilText(alert(), 'This API key does not have the scope orders:admin.');
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each([320, 1280])('has a form in which axe finds nothing wrong, %i pixels wide', async (width) => {
      await open('/', { colorScheme, viewport: { width, height: 700 } });
      const overflow = () => tab.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      await field().waitFor();
      expect(await tab.violations()).toEqual([]);
      await give('wrong');
      await tab.untilText(alert(), 'not valid');
      expect(await tab.violations()).toEqual([]);
      expect(await overflow()).toBeLessThanOrEqual(0);
      await give(key);
      await tab.row(SECRET).waitFor();
      expect(await tab.violations()).toEqual([]);
      expect(await overflow()).toBeLessThanOrEqual(0);
    });
  });

  it('is used by the keyboard alone, and named to screen readers', async () => {
    await open();
    await until(() => tab.page.evaluate('document.activeElement.id === "key"'));
    expect(await field().getAttribute('type')).toBe('password');
    expect(await field().getAttribute('autocomplete')).toBe('off');
    const described = await tab.page.evaluate<string>(
      `document.activeElement.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join()`,
    );
    for (const scope of SCOPES) expect(described).toContain(scope);
    await tab.page.keyboard.type('wrong');
    await tab.page.keyboard.press('Enter');
    await tab.untilText(alert(), 'not valid');
    await tab.page.keyboard.press('ControlOrMeta+A');
    await tab.page.keyboard.type(key);
    await tab.page.keyboard.press('Tab');
    expect(await tab.page.evaluate('document.activeElement.textContent')).toBe('Use the key');
    await tab.page.keyboard.press('Enter');
    await tab.row(SECRET).waitFor();
    await until(() => tab.page.evaluate('document.activeElement.textContent === "Status of the orders"'));
  });
});
