import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/chromium.ts';
import { freePort } from '../support/ports.ts';
import { ServerProcess } from '../support/server.ts';

/** Makes the pictures of the status page in docs/images/, of the build in dist/: `npm run screenshots`. */
const FOLDER = new URL('../../docs/images/', import.meta.url).pathname;
const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 390, height: 844 };
const SCHEMES = ['light', 'dark'] as const;

const folder = mkdtempSync(join(tmpdir(), 'ordermill-'));
const processor = await startProcessor();
const environment = {
  PORT: await freePort(),
  DATABASE_URL: `sqlite:${join(folder, 'orders.sqlite')}`,
  PROCESSOR: 'http',
  PROCESSOR_URL: processor.url,
  PROCESSOR_CONCURRENCY: 40,
};

let server = await ServerProcess.start(environment);
const browser = await launchBrowser();
mkdirSync(FOLDER, { recursive: true });
try {
  await take();
} finally {
  await browser.close();
  await server.stop('SIGKILL');
  processor.close();
  rmSync(folder, { recursive: true });
}

async function take(): Promise<void> {
  const [light, dark] = [await open(browser, WIDE, 'light'), await open(browser, WIDE, 'dark')];
  const narrow = await open(browser, NARROW, 'light');
  await light.getByText('No orders yet').waitFor();
  await shoot(light, 'status-page-empty');

  await post('orders', { order_id: 'order-1', ...anOrder(0) });
  for (let wave = 1; wave <= 12; wave++) {
    await post('orders/batch', { orders: Array.from({ length: 25 }, (_, index) => anOrder(index + wave)) });
    await untilDone(Math.floor(wave * 20));
  }
  await post('orders/batch', { orders: Array.from({ length: 1000 }, (_, index) => anOrder(index)) });
  await untilDone(860);
  for (const index of [1, 2, 3]) {
    await post('orders', { order_id: `gift-${index}`, ...anOrder(index) });
    if (index === 2) await post('orders/gift-2/cancel', {});
  }
  for (const page of [light, dark, narrow]) {
    await page.getByRole('button', { name: /^Show/ }).click();
    await page.mouse.wheel(0, -5000);
    await page.locator('.tile[data-status=Cancelled] .number', { hasText: '1' }).waitFor();
  }
  await shoot(light, 'status-page-light');
  await shoot(dark, 'status-page-dark');
  await shoot(narrow, 'status-page-narrow');
  for (const [page, scheme] of [
    [light, 'light'],
    [dark, 'dark'],
  ] as const) {
    await page.goto(`${server.url}/#/orders/order-1`);
    await page.getByText('Processing took').waitFor();
    await shoot(page, `order-${scheme}`);
    await page.goto(`${server.url}/#/`);
  }
  await light.getByRole('button', { name: 'Test orders' }).click();
  await shoot(light, 'test-orders');
  await light.getByRole('button', { name: 'Close' }).click();
  for (const scheme of SCHEMES) {
    const docs = await open(browser, WIDE, scheme, '/docs');
    await docs.getByRole('link', { name: 'status page' }).waitFor();
    await shoot(docs, `docs-${scheme}`);
  }
  await server.stop('SIGKILL');
  await light.getByText('Reconnecting').waitFor();
  await shoot(light, 'status-page-reconnecting');
  server = await ServerProcess.start(environment);
}

async function open(
  from: Browser,
  viewport: typeof WIDE,
  colorScheme: 'light' | 'dark',
  path = '/',
): Promise<Page> {
  const page = await from.newPage({ viewport, colorScheme });
  page.on('console', (message) => process.stdout.write(`console: ${message.text()}\n`));
  page.on('pageerror', (error) => process.stdout.write(`error: ${error.stack}\n`));
  await page.goto(server.url + path);
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  process.stdout.write(`docs/images/${name}.png\n`);
}

function anOrder(index: number): object {
  return {
    user_id: `user-${1 + (index % 40)}`,
    item_ids: Array.from({ length: 1 + (index % 3) }, (_, item) => `item-${1 + ((index + item) % 17)}`),
    total_amount: Math.round((9.99 + ((index * 37) % 140)) * 100) / 100,
  };
}

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(`${server.url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
}

async function untilDone(orders: number): Promise<void> {
  for (;;) {
    const { completed_orders, failed_orders } = (await (
      await fetch(`${server.url}/metrics`)
    ).json()) as Record<string, number>;
    if ((completed_orders ?? 0) + (failed_orders ?? 0) >= orders) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Work of varying duration. It refuses every fortieth order for good, and order-1 once. */
async function startProcessor() {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    const number = ++count;
    const isBusy = number === 1; // order-1 comes first
    const status = isBusy ? 503 : number % 40 === 7 ? 400 : 200;
    setTimeout(() => response.writeHead(status).end(), 500 + ((number * 389) % 1300));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
