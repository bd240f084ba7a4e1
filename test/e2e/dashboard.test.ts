import type { Browser } from 'playwright-core';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, post, until } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { TestPage } from '../support/test.page.js';
import { Gate, withWork } from '../support/work.js';

const orders = (count: number, fields: Record<string, unknown> = {}) => ({
  orders: Array.from({ length: count }, () => anOrder(fields)),
});

(isBrowserThere() ? describe : describe.skip)('the status page in a browser', () => {
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

  it('tells a newcomer the curl to type, which is the order that then comes', async () => {
    server = await startApp();
    await open();
    const curl = (await tab.page.locator('pre').textContent()) ?? '';
    const [, url, body] = /curl -X POST (\S+) .*-d '(.*)'/s.exec(curl) ?? [];
    expect(url).toBe(`${server.url}/orders`);
    await tab.untilLive();
    const { body: receipt } = await post(url ?? '', body);
    await tab.page.getByRole('link', { name: receipt.order_id }).waitFor();
    await tab.untilText(tab.row(receipt.order_id), 'Completed');
    await tab.untilCount('Completed', 1);
    expect(await tab.page.locator('pre').count()).toBe(0);
  });

  it('counts while orders drain, 3,000 of them at once', async () => {
    server = await startApp();
    await open();
    await tab.untilLive();
    for (let batch = 0; batch < 3; batch++) await post(`${server.url}/orders/batch`, orders(1000));
    await tab.untilCount('Completed', 3000);
    await tab.untilCount('Pending', 0);
    await tab.untilText(tab.page.getByRole('region', { name: 'Backlog' }), 'nothing to do');
    expect(await tab.page.getByRole('img').count()).toBe(4);
    await tab.untilText(tab.page.getByRole('region', { name: /^Processing/ }), 'p99');
  });

  it('estimates the backlog, and shows orders in each status', async () => {
    const gate = new Gate();
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1, PROCESSING_TIME_MS: 60_000 },
      ...withWork(gate.work),
    });
    await post(`${server.url}/orders/batch`, orders(5));
    await open();
    await tab.untilCount('Pending', 4);
    await tab.untilCount('Processing', 1);
    await tab.untilText(tab.page.getByRole('region', { name: 'Backlog' }), 'done in about 5 min 0 s');
    gate.open();
    await tab.untilCount('Completed', 5);
  });

  it('begins with the past that another page has seen', async () => {
    server = await startApp();
    const first = await TestPage.open(browser, server.url);
    await first.untilLive();
    const pointsOf = async ({ page }: TestPage) =>
      (await page.locator('.tile[data-status=Completed] polyline').first().getAttribute('points'))?.split(' ')
        .length ?? 0;
    await until(
      () => pointsOf(first),
      (points) => points >= 8,
    );
    await open();
    await tab.untilLive();
    await until(
      () => pointsOf(tab),
      (points) => points > 0,
    );
    expect(await pointsOf(tab)).toBeGreaterThanOrEqual(8);
    await first.close();
  });
});
