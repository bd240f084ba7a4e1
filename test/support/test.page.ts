import axe from 'axe-core';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { until } from './client.js';

/** A browser, or a context of one. */
interface Opener {
  newPage(options?: BrowserContextOptions): Promise<Page>;
}

/** A page in a real browser, and everything that is wrong with it beside what a test looks for. */
export class TestPage {
  /** Errors on the console or uncaught, and requests to any other server. */
  readonly problems: string[] = [];

  private constructor(readonly page: Page) {}

  static async open(opener: Opener, url: string, options: BrowserContextOptions = {}): Promise<TestPage> {
    const page = await opener.newPage(options);
    const opened = new TestPage(page);
    const { origin } = new URL(url);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') opened.problems.push(message.text());
    });
    page.on('pageerror', (error) => opened.problems.push(String(error)));
    page.on('request', (request) => {
      const { protocol, origin: other } = new URL(request.url());
      if (protocol !== 'data:' && other !== origin) opened.problems.push(`asks ${request.url()}`);
    });
    await page.goto(url);
    return opened;
  }

  /** The number in the tile of a status, once it is `count`. */
  async untilCount(status: string, count: number): Promise<void> {
    await this.untilText(
      this.page.locator(`.tile[data-status=${status}] .number`),
      count.toLocaleString('en'),
    );
  }

  async untilLive(): Promise<void> {
    await this.page.locator('.connection[data-state=live]').waitFor();
  }

  /** Waits until the element's text has `part`. */
  async untilText(locator: Locator, part: string): Promise<void> {
    await until(
      async () => (await locator.allTextContents()).join(' '),
      (text) => text.includes(part),
    );
  }

  /** The row of an order in the table. */
  row(orderId: string): Locator {
    return this.page
      .getByRole('row')
      .filter({ has: this.page.getByRole('link', { name: orderId, exact: true }) });
  }

  /** The ids in the table, from top to bottom. */
  async orderIds(): Promise<string[]> {
    return this.page.locator('tbody th').allTextContents();
  }

  /** What axe, a checker of accessibility, finds wrong. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate<axe.AxeResults>('axe.run()');
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
