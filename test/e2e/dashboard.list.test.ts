import type { Browser } from 'playwright-core';
import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, post, untilMetrics } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { TestPage } from '../support/test.page.js';
import { Gate, withWork } from '../support/work.js';

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '\u202Eabc\u202C',
  '👩‍👩‍👧',
  `"'&lt;`,
];

(isBrowserThere() ? describe : describe.skip)('the list of orders on the status page', () => {
  let browser: Browser;
  let server: RunningApp;
  let tab: TestPage;
  let gate: Gate;
  const accept = (fields: Record<string, unknown>) => post(`${server.url}/orders`, anOrder(fields));
  const open = async (path = '/') => {
    tab = await TestPage.open(browser, server.url + path);
    await tab.untilLive();
  };
  beforeAll(async () => (browser = await launchBrowser()));
  afterAll(() => browser.close());

  /** Work on orders of the user `held` goes on until the gate is opened; those of `refused` fail. */
  beforeEach(async () => {
    gate = new Gate();
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1 },
      ...withWork(async (order) => {
        if (order.userId === 'held') await gate.work(order);
        if (order.userId === 'refused') throw new PermanentFailure('refused', 'the till is <b>closed</b>');
      }),
    });
  });
  afterEach(async () => {
    const { problems } = tab;
    await tab.close();
    gate.open();
    await server.close();
    expect(problems).toEqual([]);
  });

  it('are filtered by status and by user, in the address too', async () => {
    await accept({ order_id: 'done', user_id: 'ann' });
    await accept({ order_id: 'bad', user_id: 'refused' });
    await untilMetrics(server.url, (now) => now.failed_orders + now.completed_orders === 2);
    await open();
    await tab.row('done').waitFor();
    await tab.page.getByLabel('Status', { exact: true }).selectOption('Failed');
    await tab.row('done').waitFor({ state: 'detached' });
    expect(await tab.orderIds()).toEqual(['bad']);
    expect(new URL(tab.page.url()).hash).toBe('#/?status=Failed');
    expect(await tab.page.title()).toBe('Failed orders · Ordermill');
    await tab.page.getByRole('link', { name: /^Completed/ }).click();
    await tab.row('done').waitFor();
    await tab.page.getByLabel('User id').fill('bob');
    await tab.page.getByRole('button', { name: 'Filter' }).click();
    await tab.page.getByText('No orders here.').waitFor();
    await tab.page.goBack();
    await tab.row('done').waitFor();
    await tab.page.getByRole('link', { name: 'Clear' }).click();
    await tab.row('bad').waitFor();
    expect(await tab.orderIds()).toEqual(['bad', 'done']);
  });

  it('are on pages, which show what is new when asked to', async () => {
    const all = Array.from({ length: 60 }, (_, index) => `order-${index}`);
    await post(`${server.url}/orders/batch`, { orders: all.map((order_id) => anOrder({ order_id })) });
    await untilMetrics(server.url, (now) => now.completed_orders === 60);
    const expected = all.toReversed();
    await open();
    const pager = tab.page.getByRole('navigation', { name: 'Pages of orders' });
    await tab.row('order-59').waitFor();
    expect(await tab.orderIds()).toEqual(expected.slice(0, 25));
    expect(await pager.getByRole('button', { name: 'Previous' }).isDisabled()).toBe(true);
    for (const first of [25, 50]) {
      await pager.getByRole('button', { name: 'Next' }).click();
      await tab.row(expected[first] ?? '').waitFor();
      expect(await tab.orderIds()).toEqual(expected.slice(first, first + 25));
    }
    expect(await pager.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    for (const first of [25, 0]) {
      await pager.getByRole('button', { name: 'Previous' }).click();
      await tab.row(expected[first] ?? '').waitFor();
      expect(await tab.orderIds()).toEqual(expected.slice(first, first + 25));
    }
    for (const order_id of ['late-1', 'late-2']) await accept({ order_id });
    await tab.page.getByRole('button', { name: 'Show 2 new orders' }).click();
    await tab.row('late-2').waitFor();
    expect((await tab.orderIds()).slice(0, 3)).toEqual(['late-2', 'late-1', 'order-59']);
  });

  it('have rows that are live', async () => {
    await accept({ order_id: 'slow', user_id: 'held' });
    await accept({ order_id: 'next' });
    await open();
    await tab.untilText(tab.row('slow'), 'Processing');
    await tab.untilText(tab.row('next'), 'Pending');
    gate.open();
    await tab.untilText(tab.row('slow'), 'Completed');
    await tab.untilText(tab.row('next'), 'Completed');
  });

  it('are only text, whatever their texts are', async () => {
    for (const [index, text] of HOSTILE.entries())
      await accept({ order_id: index, user_id: text, item_ids: [text] });
    await accept({ order_id: '007', user_id: '7' });
    await accept({ order_id: 'a~b:c.d', user_id: 'x'.repeat(128) });
    await open();
    await tab.row('a~b:c.d').waitFor();
    const users = await tab.page.locator('tbody bdi').allTextContents();
    expect(users.toReversed()).toEqual([...HOSTILE, '7', 'x'.repeat(128)]);
    for (const id of ['0', '007', 'a~b:c.d']) {
      await tab.page.getByRole('link', { name: id, exact: true }).click();
      await tab.page.getByRole('heading', { name: `Order ${id}`, exact: true }).waitFor();
      await tab.page.getByRole('heading', { name: 'History' }).waitFor();
      await tab.page.goBack();
      await tab.row(id).waitFor();
    }
    expect(await tab.page.locator('img, tbody script').count()).toBe(0);
    await tab.page.getByLabel('Order id').fill('<script>/../?#%');
    await tab.page.getByRole('button', { name: 'Find' }).click();
    await tab.page.getByRole('heading', { name: 'Order <script>/../?#%' }).waitFor();
    await tab.untilText(tab.page.getByRole('alert'), 'There is no order <script>/../?#%.');
    tab.problems.splice(0); // Chromium notes each 404 on the console
  });
});
