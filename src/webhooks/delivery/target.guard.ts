import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { CONFIG, type Config } from '../../config.js';
import { TargetRefused } from '../webhook.js';
import { Resolver } from './resolver.js';

/** Public by their ranges, and answered inside of a cloud: Azure's host (https://aka.ms/168.63.129.16). */
const INSIDE = new Set(['168.63.129.16']);

/** The addresses of IPv6 that are given out to be reached from anywhere, RFC 4291 section 2.4. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Says what may be sent to. With WEBHOOK_TARGETS=public: https to public addresses. An address is judged at each connection,
 * and that very one is connected to, so that a DNS name that points elsewhere a moment later is of no use.
 */
@Injectable()
export class TargetGuard {
  readonly #isPublicOnly: boolean;

  constructor(
    private readonly resolver: Resolver,
    @Inject(CONFIG) config: Pick<Config, 'WEBHOOK_TARGETS'>,
  ) {
    this.#isPublicOnly = config.WEBHOOK_TARGETS === 'public';
  }

  /**
   * Looks at the URL of a new endpoint. A name that DNS does not know, or not now, is no reason to refuse it.
   * @throws TargetRefused
   */
  async check(text: string): Promise<void> {
    const url = this.checkUrl(text);
    if (!this.#isPublicOnly || isIP(bare(url.hostname))) return;
    const addresses = await this.resolver.resolve(url.hostname).catch(() => []);
    if (!addresses.every(({ address }) => isPublic(address)))
      throw new TargetRefused('leads to an address that is not public');
  }

  /** What can be said of a URL without DNS. @throws TargetRefused */
  checkUrl(text: string): URL {
    if (!URL.canParse(text)) throw new TargetRefused('is not valid');
    const url = new URL(text);
    if (url.protocol !== 'https:' && (this.#isPublicOnly || url.protocol !== 'http:'))
      throw new TargetRefused(`must begin with ${this.#isPublicOnly ? 'https://' : 'http:// or https://'}`);
    if (url.username !== '' || url.password !== '') throw new TargetRefused('must have no user and password');
    if (this.#isPublicOnly && isIP(bare(url.hostname)) && !isPublic(bare(url.hostname)))
      throw new TargetRefused('leads to an address that is not public');
    return url;
  }

  /** The addresses to connect to. @throws TargetRefused, or why DNS does not tell */
  async addresses(host: string): Promise<LookupAddress[]> {
    const addresses = await this.resolver.resolve(host);
    if (this.#isPublicOnly && !addresses.every(({ address }) => isPublic(address)))
      throw new TargetRefused('leads to an address that is not public');
    return addresses;
  }
}

/** The address of a URL's host without the brackets around one of IPv6. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Not loopback, private, link-local, carrier-grade NAT, multicast, reserved, or another of these inside of an IPv6 address. */
export function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text) || INSIDE.has(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false; // every range with a purpose of its own has a name
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_UNICAST);
}
