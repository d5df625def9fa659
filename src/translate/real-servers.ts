import { formatEndpoint } from '../net/ip-address.ts';
import type { RealServer } from './desired.ts';
import type { PortEndpoints } from './endpoints.ts';

/** Every real server is reached by NAT and counts the same, as with kube-proxy. */
const method = 'masq';
const weight = 1;

/** By `formatRealServer`. */
export type RealServers = ReadonlyMap<string, RealServer>;

/** The real servers at some endpoints. */
export function realServersAt(all: readonly PortEndpoints[]): RealServers {
  const realServers = new Map<string, RealServer>();
  for (const { targetPort: port, endpoints } of all) {
    for (const { address } of endpoints) {
      realServers.set(formatEndpoint(address, port), { address, port, method, weight });
    }
  }
  return realServers;
}
