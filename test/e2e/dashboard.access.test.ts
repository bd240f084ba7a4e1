import type { Browser } from 'playwright-core';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, post } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { TestPage } from '../support/test.page.js';
import { Gate, withWork } from '../support/work.js';

(isBrowserThere() ? describe : describe.skip)('the status page for everybody', () => {
  let browser: Browser;
  let server: RunningApp;
  let tab: TestPage;
  const open = async (path = '/', options = {}) =>
    (tab = await TestPage.open(browser, server.url + path, options));
  beforeAll(async () => (browser = await launchBrowser()));
  afterAll(() => browser.close());
  afterEach(async () => {
    const { problems } = tab;
    await tab.close();
    await server.close();
    expect(problems).toEqual([]);
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it('has its colours, and axe finds nothing wrong in any view', async () => {
      const gate = new Gate();
      server = await startApp({ config: { PROCESSOR_CONCURRENCY: 1 }, ...withWork(gate.work) });
      await open('/', { colorScheme });
      await tab.page.getByText('No orders yet').waitFor();
      expect(await tab.violations()).toEqual([]);
      await post(`${server.url}/orders`, anOrder({ order_id: 'a' }));
      await post(`${server.url}/orders`, anOrder({ order_id: 'b' }));
      await post(`${server.url}/orders/b/cancel`, {});
      await tab.untilCount('Cancelled', 1);
      await tab.row('b').waitFor();
      expect(await tab.violations()).toEqual([]);
      const background = await tab.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(13, 16, 21)');
      await tab.page.getByRole('button', { name: 'Test orders' }).click();
      expect(await tab.violations()).toEqual([]);
      await tab.page.keyboard.press('Escape');
      await tab.page.getByRole('link', { name: 'b', exact: true }).click();
      await tab.page.getByRole('heading', { name: 'History' }).waitFor();
      expect(await tab.violations()).toEqual([]);
      gate.open();
    });
  });

  it.each([320, 390])('fits into %i pixels without scrolling sideways', async (width) => {
    server = await startApp();
    await post(`${server.url}/orders`, anOrder({ order_id: 'x'.repeat(128), user_id: 'W'.repeat(128) }));
    await open('/', { viewport: { width, height: 700 } });
    await tab.untilCount('Completed', 1);
    await tab.row('x'.repeat(128)).waitFor();
    const overflow = () => tab.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole('button', { name: 'Test orders' }).click();
    expect(await overflow()).toBeLessThanOrEqual(0);
    await tab.page.keyboard.press('Escape');
    await tab.page.locator('tbody a').click();
    await tab.page.getByRole('heading', { name: 'History' }).waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
  });

  it('is used by the keyboard alone', async () => {
    server = await startApp();
    await open();
    await tab.untilLive();
    const { keyboard } = tab.page;
    const focused = () => tab.page.evaluate<string>('document.activeElement.textContent.trim()');
    const tabTo = async (text: string) => {
      for (let steps = 0; steps < 60; steps++) {
        await keyboard.press('Tab');
        if ((await focused()) === text) return;
      }
      throw new Error(`Tab does not lead to ${text}`);
    };
    await keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await tabTo('Test orders');
    await keyboard.press('Enter');
    await tab.page.getByRole('dialog').waitFor();
    await keyboard.type('typed');
    await keyboard.press('Enter');
    await tab.page.getByText('Order typed is accepted.').waitFor();
    await tab.row('typed').waitFor();
    expect(await focused()).toBe('Test orders');
    await tabTo('typed');
    await keyboard.press('Enter');
    await tab.page.getByRole('heading', { name: 'History' }).waitFor();
    expect(await focused()).toBe('Order typed');
    expect(await tab.page.title()).toBe('Order typed · Ordermill');
    await keyboard.press('Shift+Tab');
    expect(await focused()).toBe('← All orders');
    await keyboard.press('Enter');
    await tab.row('typed').waitFor();
    expect(await focused()).toBe('Status of the orders');
  });
});
