import type { Request } from 'express';
import { ProblemError } from './problem.js';

const READING = new Set(['GET', 'HEAD']);

/** What probes ask, by whatever address; it tells nothing. */
const HEALTH = /^\/health(\/|$)/i;

/**
 * What pages of others must not do with a browser that reaches this server. A request that may change something is
 * refused when the browser says that another site sent it, also a neighbour of this one; clients that are no browsers say
 * nothing and are not concerned. With `allowedHosts`, a page cannot pass for one of this server's by a name of its own.
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

/** A host without its port, `[::1]` with its brackets. */
function nameOf(host = ''): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}

/** Browsers say `Sec-Fetch-Site` to trustworthy addresses only (https, localhost), and `Origin` to any. */
function isForeign({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  if (origin === undefined) return false;
  const host = origin.replace(/^\w+:\/\//, '').toLowerCase();
  return host !== headers.host?.toLowerCase() && host !== headers['x-forwarded-host'];
}
