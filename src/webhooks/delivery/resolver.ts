import { promises as dns, type LookupAddress } from 'node:dns';
import { Injectable } from '@nestjs/common';

/** How long one question to a name server may take, and how often it is asked. */
const OPTIONS = { timeout: 2000, tries: 2 };

/** RFC 6761, section 6.3: no name server is asked for these. */
const LOCALHOST = /^(.+\.)?localhost\.?$/i;
const LOOPBACK: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Finds the addresses of host names, from name servers only: `dns.lookup` would ask in one of the few threads of the
 * process, and a slow name server of one receiver would hold up all others.
 */
@Injectable()
export class Resolver {
  readonly #dns = new dns.Resolver(OPTIONS);

  /** At least one address, those of IPv4 first. @throws when DNS has none, or does not answer */
  async resolve(host: string): Promise<LookupAddress[]> {
    if (LOCALHOST.test(host)) return LOOPBACK;
    const [four, six] = await Promise.allSettled([this.#dns.resolve4(host), this.#dns.resolve6(host)]);
    const addresses = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (addresses.length > 0) return addresses;
    throw four.status === 'rejected' ? four.reason : new Error(`no address for ${host}`);
  }
}
