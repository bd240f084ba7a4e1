import type { Request } from 'express';
import { ProblemError } from './problem.js';

const READING = new Set(['GET', 'HEAD']);

/** Asked by probes under any address; it reveals nothing. */
const HEALTH = /^\/health(\/|$)/i;

/** Names and addresses by which only programs of this machine reach it. */
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export interface BrowserGuardOptions {
  /** Names by which clients may call the server, with commas between them; empty: any. */
  hosts: string;
  /** Origins of pages elsewhere that may change something, with commas between them. */
  origins: string;
  /** Whether only local names are allowed where `hosts` is empty. */
  isLocal: () => boolean;
}

/**
 * Protects against cross-site request forgery and DNS rebinding. A request that may change something is refused when the
 * browser says that another site or a sibling host sent it; clients that are no browsers say nothing.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function browserGuard(options: BrowserGuardOptions): (request: Request) => ProblemError | undefined {
  const hosts = setOf(options.hosts);
  const origins = setOf(options.origins);
  const isAllowed = (name: string) =>
    hosts.size > 0 ? hosts.has(name) : !options.isLocal() || LOCAL.test(name);
  return (request) => {
    if (!isAllowed(nameOf(request.headers.host)) && !HEALTH.test(request.path))
      return new ProblemError(421, 'This server does not answer by this host name: see ALLOWED_HOSTS.');
    if (!READING.has(request.method) && isForeign(request, origins))
      return new ProblemError(403, 'A page of another site may not change anything here.');
    return undefined;
  };
}

function setOf(list: string): ReadonlySet<string> {
  return new Set(
    list
      .toLowerCase()
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
  );
}

/** The host without its port; `[::1]` keeps its brackets. */
function nameOf(host = ''): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}

/** Browsers send `Sec-Fetch-Site` to trustworthy addresses only (https, localhost), and `Origin` to any. */
function isForeign({ headers }: Request, origins: ReadonlySet<string>): boolean {
  const site = headers['sec-fetch-site'];
  const origin = headers.origin?.toLowerCase();
  if (origin !== undefined && origins.has(origin)) return false;
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (origin === undefined) return false;
  const host = origin.replace(/^\w+:\/\//, '');
  return host !== headers.host?.toLowerCase() && host !== headers['x-forwarded-host'];
}
