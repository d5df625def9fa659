import { existsSync } from 'node:fs';
import type { IpFamily } from '../net/ip-address.ts';

/** The families that this kernel speaks. */
export function ipFamilies(): readonly IpFamily[] {
  return existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4'];
}
