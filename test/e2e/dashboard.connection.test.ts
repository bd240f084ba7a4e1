import type { Browser, Page } from 'playwright-core';
import { Clock } from '../../src/common/clock.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { freePort } from '../support/ports.js';
import { Proxy } from '../support/proxy.js';
import { TestPage } from '../support/test.page.js';

/** Its keep-alives come 100 times as often. */
class HastyClock extends Clock {
  /** How many there were. */
  keepAlives = 0;

  override every(ms: number, fire: () => void): () => void {
    if (ms !== 15_000) return super.every(ms, fire);
    return super.every(150, () => {
      this.keepAlives++;
      fire();
    });
  }
}

/** With which ids streams of this path are asked for, from now on. */
function lastIds(page: Page, path: string): (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === path) ids.push(request.headers()['last-event-id']);
  });
  return ids;
}

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

  it('counts as lost when nothing is heard for long, though nobody has closed it', async () => {
    const server = await startApp();
    const proxy = await Proxy.open(server.url);
    tab = await TestPage.open(browser, 'about:blank');
    const { page } = tab;
    await page.clock.install();
    await page.goto(proxy.url);
    await page.clock.resume();
    await tab.untilLive();
    proxy.stall();
    await page.clock.fastForward(40_000);
    for (let frame = 0; frame < 3; frame++) await page.evaluate('new Promise(requestAnimationFrame)');
    expect(await page.locator('.connection').textContent()).toContain('Live');
    await page.clock.fastForward(10_000);
    await tab.untilText(page.locator('.connection'), 'Reconnecting');
    proxy.resume();
    await tab.untilLive();
    proxy.close();
    await server.close();
  });

  it('is made again after the time that the server names, with the id of the last event', async () => {
    const server = await startApp();
    tab = await TestPage.open(browser, 'about:blank');
    const { page } = tab;
    await page.clock.install();
    const body = 'retry: 7000\nid: 42\nevent: ready\ndata: {"started_at":"then"}\n\n';
    let status = 200;
    await page.route('**/metrics/stream', (route) =>
      route.fulfill({ status, contentType: 'text/event-stream', body }),
    );
    const ids = lastIds(page, '/metrics/stream');
    await page.goto(server.url);
    await tab.untilText(page.locator('.connection'), 'Reconnecting');
    await page.clock.fastForward(6500);
    expect(ids).toEqual([undefined]);
    status = 503;
    await page.clock.fastForward(1000);
    await until(async () => ids.length === 2);
    status = 200;
    await until(async () => {
      await page.clock.fastForward(1000); // the longer pause of a second failure
      return ids.length >= 3;
    });
    expect(ids.slice(0, 3)).toEqual([undefined, '42', undefined]); // an id may be what was refused
    await server.close();
  });

  it('goes on from the position of the last keep-alive, when nothing else came', async () => {
    const clock = new HastyClock();
    const server = await startApp({
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const proxy = await Proxy.open(server.url);
    await post(`${server.url}/orders`, anOrder({ order_id: 'mine' }));
    tab = await TestPage.open(browser, `${proxy.url}#/orders/mine`);
    await tab.untilLive();
    await tab.untilText(tab.page.locator('.timeline'), 'Completed');
    const ids = lastIds(tab.page, '/events');
    const first = async (count: number) => {
      proxy.cut();
      await until(async () => ids.length >= count);
      await tab.untilLive();
      return ids[count - 1];
    };
    const before = await first(1);
    for (let count = 2; ; count++) {
      await post(`${server.url}/orders`, anOrder());
      const sent = clock.keepAlives;
      await until(async () => clock.keepAlives > sent + 2);
      if ((await first(count)) !== before) break;
    }
    expect(ids.every(Boolean)).toBe(true);
    proxy.close();
    await server.close();
  });
});
