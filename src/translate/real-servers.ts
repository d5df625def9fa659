import { formatRealServer, type RealServer, type RealServers } from '../kernel/ipvs/model.ts';
import type { PortEndpoints } from './endpoints.ts';

/** The real servers at some endpoints. Each is reached by NAT and counts the same, as with kube-proxy. */
export function realServersAt(all: readonly PortEndpoints[]): RealServers {
  const realServers = new Map<string, RealServer>();
  for (const { targetPort: port, endpoints } of all) {
    for (const { address } of endpoints) {
      const realServer: RealServer = {
        address,
        port,
        method: 'masq',
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
      };
      realServers.set(formatRealServer(realServer), realServer);
    }
  }
  return realServers;
}
