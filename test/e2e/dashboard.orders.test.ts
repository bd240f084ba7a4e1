import type { Browser } from 'playwright-core';
import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, untilMetrics } from '../support/client.js';
import { isBrowserThere, launchBrowser } from '../support/chromium.js';
import { TestPage } from '../support/test.page.js';
import { Gate, withWork } from '../support/work.js';

(isBrowserThere() ? describe : describe.skip)('an order on the status page', () => {
  let browser: Browser;
  let server: RunningApp;
  let tab: TestPage;
  let gate: Gate;
  let isRefusing: boolean;
  const accept = (fields: Record<string, unknown>) => post(`${server.url}/orders`, anOrder(fields));
  const open = async (path = '/') => {
    tab = await TestPage.open(browser, server.url + path);
    await tab.untilLive();
  };
  beforeAll(async () => (browser = await launchBrowser()));
  afterAll(() => browser.close());

  /** Work on orders of the user `held` goes on until the gate is opened; those of `refused` fail while it is so. */
  beforeEach(async () => {
    gate = new Gate();
    isRefusing = true;
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1 },
      ...withWork(async (order) => {
        if (order.userId === 'held') await gate.work(order);
        if (order.userId === 'refused' && isRefusing)
          throw new PermanentFailure('refused', 'the till is <b>closed</b>');
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

  it('have a page each, found by id, with a history that is live', async () => {
    await accept({ order_id: 'slow', user_id: 'held' });
    await accept({ order_id: 'mine' });
    await open();
    await tab.page.getByLabel('Order id').fill(' mine ');
    await tab.page.getByRole('button', { name: 'Find' }).click();
    await tab.page.getByText('number 1 in the queue').waitFor();
    const steps = tab.page.locator('.timeline strong');
    expect(await steps.allTextContents()).toEqual(['Pending']);
    await tab.untilLive();
    gate.open();
    await tab.untilText(steps.nth(2), 'Completed');
    expect(await steps.allTextContents()).toEqual(['Pending', 'Processing', 'Completed']);
    await tab.page.getByText('Processing took').waitFor();
  });

  it('that do not exist are said not to', async () => {
    await open('/#/orders/nobody');
    await tab.untilText(tab.page.getByRole('alert'), 'There is no order nobody.');
    tab.problems.splice(0); // Chromium notes each 404 on the console
  });

  it('are cancelled; one that is too late says why', async () => {
    await accept({ order_id: 'slow', user_id: 'held' });
    await accept({ order_id: 'mine' });
    await open('/#/orders/mine');
    await tab.page.getByRole('button', { name: 'Cancel the order' }).click();
    await tab.untilText(tab.page.getByRole('status'), 'Order mine is cancelled.');
    await tab.untilText(tab.page.locator('.timeline'), 'Cancelled');
    expect((await get(`${server.url}/orders/mine/status`)).body.status).toBe('Cancelled');
    await accept({ order_id: 'late' });
    await tab.page.goto(`${server.url}/#/orders/late`);
    await tab.page.route('**/orders/late/cancel', async (route) => {
      await post(`${server.url}/orders/late/cancel`, {}); // somebody else is faster
      await route.continue();
    });
    await tab.page.getByRole('button', { name: 'Cancel the order' }).click();
    await tab.untilText(tab.page.getByRole('alert'), 'Cancelled');
    tab.problems.splice(0); // Chromium notes the 409 on the console
  });

  it('that failed say why, and are retried, one or all', async () => {
    for (const order_id of ['one', 'two', 'three']) await accept({ order_id, user_id: 'refused' });
    await untilMetrics(server.url, (now) => now.failed_orders === 3);
    await open('/#/orders/one');
    await tab.untilText(tab.page.locator('.content'), 'the till is <b>closed</b>');
    isRefusing = false;
    await tab.page.getByRole('button', { name: 'Retry' }).click();
    await tab.untilText(tab.page.getByRole('status'), 'Order one is Pending again');
    await tab.untilText(tab.page.locator('.timeline'), 'Completed');
    await tab.page.getByRole('link', { name: 'All orders' }).click();
    await tab.untilCount('Failed', 2);
    await tab.page.getByRole('button', { name: 'Redrive all failed' }).click();
    await tab.page.getByRole('button', { name: 'Not now' }).click();
    await tab.page.getByRole('button', { name: 'Redrive all failed' }).click();
    await tab.page.getByRole('heading', { name: 'Redrive 2 failed orders?' }).waitFor();
    await tab.page.getByRole('button', { name: 'Redrive', exact: true }).click();
    await tab.untilText(tab.page.getByRole('status'), '2 failed orders are Pending again.');
    await tab.untilCount('Completed', 3);
    expect(await tab.page.getByRole('button', { name: 'Redrive all failed' }).isDisabled()).toBe(true);
  });

  it('are posted to try the shop, one or a hundred; a refused one says why', async () => {
    await open();
    const dialog = tab.page.getByRole('dialog');
    const postForm = async (fields: Record<string, string>) => {
      await tab.page.getByRole('button', { name: 'Test orders', exact: true }).click();
      for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text);
      await dialog.getByRole('button', { name: 'Post the order' }).click();
    };
    await postForm({ 'Item ids': 'a, b', 'Total amount': '12.5' });
    await tab.untilText(tab.page.getByRole('status'), 'is accepted.');
    await tab.untilText(tab.page.locator('tbody'), '12.50');
    await tab.page.getByRole('button', { name: 'Test orders', exact: true }).click();
    await tab.page.getByRole('button', { name: 'Post 100 test orders' }).click();
    await tab.untilText(tab.page.getByRole('status'), '100 test orders are accepted.');
    await tab.untilCount('Completed', 101);
    await postForm({ 'User id': 'eve', 'Total amount': '-1' });
    await tab.untilText(dialog.getByRole('alert'), 'total_amount must be a number');
    await accept({});
    await tab.untilCount('Completed', 102); // the page was drawn again, and what was typed is still there
    await dialog.getByLabel('Total amount').fill('1');
    await dialog.getByRole('button', { name: 'Post the order' }).click();
    await tab.untilText(tab.page.locator('tbody'), 'eve');
    tab.problems.splice(0); // Chromium notes the 400 on the console
  });
});
