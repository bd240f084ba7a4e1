import type { Request } from 'express';
import { ProblemError } from './problem.js';

const READING = new Set(['GET', 'HEAD']);

/** Asked by probes under any address; it reveals nothing. */
const HEALTH = /^\/health(\/|$)/i;

/**
 * Protects against cross-site request forgery and, with `allowedHosts`, DNS rebinding. A request that may change something
 * is refused when the browser says that another site or a sibling host sent it; clients that are no browsers say nothing.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function browserGuard(allowedHosts: string): (request: Request) => ProblemError | undefined {
  const hosts = new Set(
    allowedHosts
      .toLowerCase()
      .split(',')
      .map((host) => host.trim())
      .filter(Boolean),
  );
  return (request) => {
    if (hosts.size > 0 && !hosts.has(nameOf(request.headers.host)) && !HEALTH.test(request.path))
      return new ProblemError(421, 'This server does not answer by this host name.');
    if (!READING.has(request.method) && isForeign(request))
      return new ProblemError(403, 'A page of another site may not change anything here.');
    return undefined;
  };
}

/** The host without its port; `[::1]` keeps its brackets. */
function nameOf(host = ''): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}

/** Browsers send `Sec-Fetch-Site` to trustworthy addresses only (https, localhost), and `Origin` to any. */
function isForeign({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  if (origin === undefined) return false;
  const host = origin.replace(/^\w+:\/\//, '').toLowerCase();
  return host !== headers.host?.toLowerCase() && host !== headers['x-forwarded-host'];
}
