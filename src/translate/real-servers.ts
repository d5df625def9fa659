import { formatEndpoint } from '../net/ip-address.ts';
import type { RealServer } from './desired.ts';
import type { PortEndpoint } from './endpoints.ts';

/** Every real server is reached by NAT and counts the same, as with kube-proxy. */
const method = 'masq';
const weight = 1;

type RealServers = ReadonlyMap<string, RealServer>;

/**
 * The real servers at some endpoints, by `formatRealServer`. Those that were there `before` are the
 * same objects, and where nothing has changed it is the same map: a change of one endpoint makes as
 * much that is new, however many there are.
 */
export function realServersAt(
  endpoints: readonly PortEndpoint[],
  before: RealServers,
): RealServers {
  const realServers = new Map<string, RealServer>();
  // Endpoints mostly come in the order that they had, and then their keys need not be made. Not
  // an iteration by `for`: until it is optimized that makes two objects for each entry.
  let isInOrder = true;
  before.forEach((realServer, key) => {
    isInOrder &&= isAt(realServer, endpoints[realServers.size]);
    if (isInOrder) {
      realServers.set(key, realServer);
    }
  });
  let known = realServers.size;
  for (let index = known; index < endpoints.length; index += 1) {
    const added = endpoints[index];
    if (added !== undefined) {
      const { endpoint, targetPort: port } = added;
      const { address } = endpoint;
      const key = formatEndpoint(address, port);
      const same = before.get(key);
      known += same === undefined ? 0 : 1;
      realServers.set(key, same ?? { address, port, method, weight });
    }
  }
  return known === before.size && known === realServers.size ? before : realServers;
}

function isAt({ address, port }: RealServer, at: PortEndpoint | undefined): boolean {
  return (
    at?.targetPort === port &&
    (at.endpoint.address === address || at.endpoint.address.equals(address))
  );
}
