import { formatEndpoint } from '../net/ip-address.ts';
import type { RealServer } from './desired.ts';
import type { PortEndpoint } from './endpoints.ts';

/** Every real server is reached by NAT and counts the same, as with kube-proxy. */
const method = 'masq';
const weight = 1;

type RealServers = ReadonlyMap<string, RealServer>;

/**
 * The real servers at some endpoints, by `formatRealServer`. Those that were there `before` are the
 * same objects under the same keys, and where nothing has changed it is the same map: a change of
 * one endpoint makes as much that is new, however many there are.
 */
export function realServersAt(
  endpoints: readonly PortEndpoint[],
  before: RealServers,
): RealServers {
  const realServers = new Map<string, RealServer>();
  const keysInOrder = [...before.keys()];
  let next = 0;
  let known = 0;
  for (const { endpoint, targetPort: port } of endpoints) {
    const { address } = endpoint;
    // Endpoints mostly come in the order that they had, and then their keys need not be made.
    const keyInOrder = keysInOrder[next] ?? '';
    const inOrder = before.get(keyInOrder);
    if (inOrder?.port === port && inOrder.address.equals(address)) {
      realServers.set(keyInOrder, inOrder);
      known += 1;
      next += 1;
    } else {
      const key = formatEndpoint(address, port);
      const same = before.get(key);
      known += same === undefined ? 0 : 1;
      realServers.set(key, same ?? { address, port, method, weight });
    }
  }
  return known === before.size && known === realServers.size ? before : realServers;
}
