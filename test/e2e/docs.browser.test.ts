import type { Browser } from 'playwright-core';
import { startApp, type RunningApp } from '../support/app.js';
import { get, until } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { createKey } from '../support/keys.js';
import { TestPage } from '../support/test.page.js';

(isBrowserThere() ? describe : describe.skip)('/docs in a browser', () => {
  let browser: Browser;
  let server: RunningApp;
  let tab: TestPage;
  beforeAll(async () => {
    browser = await launchBrowser();
    server = await startApp();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  /** Tries an operation out, once more if need be, until its answer has this status. */
  const tryOut = async (operation: string, status: number) => {
    const block = tab.page.locator(`[id$=-${operation}]`);
    if (!(await block.getByRole('button', { name: 'Execute' }).isVisible())) {
      await block.locator('.opblock-summary-control').click();
      await block.getByRole('button', { name: 'Try it out' }).click();
    }
    await block.getByRole('button', { name: 'Execute' }).click();
    await tab.untilText(block.locator('.live-responses-table .response-col_status').last(), String(status));
  };
  afterEach(async () => {
    const { problems } = tab;
    await tab.close();
    expect(problems).toEqual([]);
  });

  it.each([
    ['getMetrics', 200],
    ['createOrder', 201],
  ])('tries %s out, which answers %i', async (operation, status) => {
    tab = await TestPage.open(browser, `${server.url}/docs`);
    await tryOut(operation, status);
    if (status === 201) expect((await get(`${server.url}/metrics`)).body.total_orders).toBe(1);
  });

  it.each([
    ['light', 'rgb(246, 247, 249)'],
    ['dark', 'rgb(13, 16, 21)'],
  ] as const)(
    'looks like the status page in %s, and leads to it and back',
    async (colorScheme, background) => {
      tab = await TestPage.open(browser, `${server.url}/docs`, { colorScheme });
      const back = tab.page.getByRole('link', { name: 'status page' });
      await back.waitFor();
      expect(await tab.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(background);
      expect(await tab.page.title()).toBe('Ordermill API');
      await back.click();
      await tab.untilLive();
      await tab.page.getByRole('link', { name: 'API', exact: true }).click();
      await back.waitFor();
    },
  );

  it('sends the key of its Authorize button, and has forgotten it after a reload', async () => {
    const closed = await startApp();
    const key = await createKey(closed.config.DATABASE_URL);
    await until(async () => (await get(`${closed.url}/orders`)).status === 401);
    tab = await TestPage.open(browser, `${closed.url}/docs`);
    const authorize = tab.page.getByRole('button', { name: 'Authorize', exact: true }).first();
    await tryOut('getMetrics', 401);
    await authorize.click();
    const dialog = tab.page.locator('.modal-ux');
    await dialog.locator('input').fill(key);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await tryOut('getMetrics', 200);
    await tryOut('createOrder', 201);
    const kept = await tab.page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }]) + document.cookie',
    );
    expect(kept).not.toContain(key.slice(12));
    expect(tab.page.url()).not.toContain(key.slice(12));
    await tab.page.reload();
    await authorize.waitFor();
    await tryOut('getMetrics', 401);
    const others = tab.problems.filter((text) => !text.includes('status of 401 ')); // Chromium notes each on the console
    tab.problems.splice(0, Infinity, ...others);
    await closed.close();
  });
});
