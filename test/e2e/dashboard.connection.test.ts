import type { Browser } from 'playwright-core';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { freePort } from '../support/ports.js';
import { TestPage } from '../support/test.page.js';

(isBrowserThere() ? describe : describe.skip)('the connection of the status page', () => {
  let browser: Browser;
  let tab: TestPage;
  beforeAll(async () => (browser = await launchBrowser()));
  afterAll(() => browser.close());
  afterEach(() => tab.close());

  it.each(['/', '/#/orders/before'])('survives a restart of the server, and says so: %s', async (path) => {
    const database = temporaryDatabase();
    const config = { PORT: await freePort(), DATABASE_URL: database.url };
    const start = () => startApp({ config });
    let server: RunningApp = await start();
    await post(`${server.url}/orders`, anOrder({ order_id: 'before' }));
    tab = await TestPage.open(browser, server.url + path);
    await tab.untilLive();
    const state = tab.page.locator('.connection');
    await server.close();
    await tab.untilText(state, 'Reconnecting, no connection since ');
    server = await start();
    await tab.untilText(state, 'Live');
    await tab.untilText(state, 'The server was restarted. Reconnected.');
    await post(`${server.url}/orders`, anOrder({ order_id: 'after' }));
    await tab.page.getByRole('link', { name: 'Ordermill' }).click();
    await tab.untilText(tab.row('after'), 'Completed');
    await tab.untilCount('Completed', 2);
    await server.close();
    database.remove();
  });

  it('is tried again when there are too many streams', async () => {
    const server = await startApp({ config: { MAX_EVENT_STREAMS: 2 } });
    const others = await Promise.all([1, 2].map(() => fetch(`${server.url}/metrics/stream`)));
    tab = await TestPage.open(browser, server.url);
    await tab.untilText(tab.page.locator('.connection'), 'Reconnecting');
    for (const { body } of others) await body?.cancel();
    await tab.untilLive();
    await server.close();
  });

  it('is given up while nobody looks at the page, and made again', async () => {
    const server = await startApp({ config: { MAX_EVENT_STREAMS: 2 } });
    tab = await TestPage.open(browser, 'about:blank');
    const { page } = tab;
    await page.clock.install();
    await page.goto(server.url);
    await page.clock.resume();
    await tab.untilLive();
    const hide = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
         document.dispatchEvent(new Event('visibilitychange'));`,
      );
    await hide(true);
    await page.clock.fastForward(14_000);
    expect((await get(`${server.url}/metrics/stream`)).status).toBe(503);
    await page.clock.fastForward(2000);
    await tab.untilText(page.locator('.connection'), 'Paused');
    await until(async () => {
      const { status, body } = await fetch(`${server.url}/events`);
      await body?.cancel();
      return status === 200;
    });
    await post(`${server.url}/orders`, anOrder({ order_id: 'meanwhile' }));
    await hide(false);
    await tab.untilLive();
    await tab.row('meanwhile').waitFor();
    await server.close();
  });
});
