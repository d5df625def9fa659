import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { RealServer } from './desired.ts';
import type { PortEndpoints } from './endpoints.ts';

/** Every real server is reached by NAT and counts the same, as with kube-proxy. */
const method = 'masq';
const weight = 1;

/** By `formatRealServer`. */
export type RealServers = ReadonlyMap<string, RealServer>;

/** The real server at an endpoint. */
function realServerAt(address: IpAddress, port: number): RealServer {
  return { address, port, method, weight };
}

/**
 * The real servers at some endpoints. Those that were there `before` are the
 * same objects, and where nothing has changed it is the same map: a change of one endpoint makes as
 * much that is new, however many there are.
 */
export function realServersAt(all: readonly PortEndpoints[], before: RealServers): RealServers {
  const realServers = new Map<string, RealServer>();
  let [list, position] = [0, 0];
  // Endpoints mostly come in the order that they had, and then their keys need not be made. Not
  // an iteration by `for`: until it is optimized that makes two objects for each entry.
  let isInOrder = true;
  before.forEach((realServer, key) => {
    const at = all[list];
    isInOrder &&= at !== undefined && isAt(realServer, at, position);
    if (at !== undefined && isInOrder) {
      realServers.set(key, realServer);
      position += 1;
      if (position === at.endpoints.length) {
        list += 1;
        position = 0;
      }
    }
  });
  let known = realServers.size;
  for (; list < all.length; list += 1) {
    const at = all[list];
    for (; at !== undefined && position < at.endpoints.length; position += 1) {
      const address = at.endpoints[position]?.address;
      if (address !== undefined) {
        const port = at.targetPort;
        const key = formatEndpoint(address, port);
        const same = before.get(key);
        known += same === undefined ? 0 : 1;
        realServers.set(key, same ?? realServerAt(address, port));
      }
    }
    position = 0;
  }
  return known === before.size && known === realServers.size ? before : realServers;
}

function isAt(
  { address, port }: RealServer,
  { targetPort, endpoints }: PortEndpoints,
  position: number,
): boolean {
  const there = endpoints[position]?.address;
  return targetPort === port && there !== undefined && (there === address || there.equals(address));
}
