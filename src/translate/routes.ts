import type { Service } from '../cluster/objects.ts';
import type { RealServers } from '../kernel/ipvs/model.ts';
import { clusterEndpoints, localEndpoints, type PortEndpoints } from './endpoints.ts';
import type { Traffic } from './front-ends.ts';
import type { Place } from './place.ts';
import { realServersAt } from './real-servers.ts';

/** Where the connections of one kind go. */
export interface Route {
  readonly realServers: RealServers;
  readonly servedHere: boolean;
}

/** Where connections of both kinds go; one map serves both where they go the same way. */
export function routesByTraffic(
  service: Service,
  endpoints: readonly PortEndpoints[],
  place: Place,
): Readonly<Record<Traffic, Route>> {
  const { internalTrafficPolicy, externalTrafficPolicy } = service;
  const cluster = clusterEndpoints(endpoints, place);
  const local = localEndpoints(endpoints, place);
  const servedHere = local.length > 0;
  const internal = internalTrafficPolicy === 'Local' ? local : cluster;
  const external = externalTrafficPolicy === 'Local' ? externalLocal(local, cluster) : cluster;
  const internalRoute = { realServers: realServersAt(internal), servedHere };
  return {
    internal: internalRoute,
    external:
      external === internal ? internalRoute : { realServers: realServersAt(external), servedHere },
  };
}

/**
 * Policy Local without a local endpoint: all endpoints, so that Pods of this node still reach
 * the Service by its external address (kube-proxy pull request 97081).
 */
function externalLocal(
  local: readonly PortEndpoints[],
  cluster: readonly PortEndpoints[],
): readonly PortEndpoints[] {
  return local.length > 0 ? local : cluster;
}
