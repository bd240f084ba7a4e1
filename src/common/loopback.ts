import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether only programs of this machine reach an address or host name. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');
}
