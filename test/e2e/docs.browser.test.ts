import type { Browser } from 'playwright-core';
import { startApp, type RunningApp } from '../support/app.js';
import { get } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
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
    const block = tab.page.locator(`[id$=-${operation}]`);
    await block.locator('.opblock-summary-control').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    await block.getByRole('button', { name: 'Execute' }).click();
    await tab.untilText(block.locator('.live-responses-table .response-col_status').last(), String(status));
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
});
