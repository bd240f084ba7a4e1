import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Debian puts it; another one by CHROMIUM. */
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether there is a browser. With `CI=true` a missing one is an error: no suite is skipped there. */
export function isBrowserThere(): boolean {
  if (existsSync(CHROMIUM)) return true;
  const message = `there is no browser at ${CHROMIUM} (CHROMIUM)`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
}

/** root, as in containers, gets no sandbox; the pages are our own. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}
