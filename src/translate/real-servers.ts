import { formatRealServer, type RealServer, type RealServers } from '../kernel/ipvs/model.ts';
import type { PortEndpoints } from './endpoints.ts';

/** Every real server is reached by NAT and counts the same, as with kube-proxy. */
const usual = { method: 'masq', weight: 1, upperThreshold: 0, lowerThreshold: 0 } as const;

/** The real servers at some endpoints. */
export function realServersAt(all: readonly PortEndpoints[]): RealServers {
  const realServers = new Map<string, RealServer>();
  for (const { targetPort: port, endpoints } of all) {
    for (const { address } of endpoints) {
      const realServer = { address, port, ...usual };
      realServers.set(formatRealServer(realServer), realServer);
    }
  }
  return realServers;
}
