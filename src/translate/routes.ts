import type { Service } from '../cluster/objects.ts';
import type { RealServers } from '../kernel/ipvs/model.ts';
import { clusterEndpoints, localEndpoints, type PortEndpoints } from './endpoints.ts';
import type { Traffic } from './front-end.ts';
import type { NodeFacts } from './node-facts.ts';
import type { PortRecorder } from './port-recorder.ts';
import { realServersAt } from './real-servers.ts';

/** Where the connections of one kind go. */
export interface Route {
  readonly realServers: RealServers;
  readonly servedHere: boolean;
}

/**
 * Where connections of both kinds go; one map serves both where they go the same way.
 *
 * External traffic of policy Local without a local endpoint goes to all endpoints, so that Pods of
 * this node still reach the Service by its external address (kube-proxy pull request 97081).
 */
export function routesByTraffic(
  service: Service,
  endpoints: readonly PortEndpoints[],
  node: NodeFacts,
  recorder?: PortRecorder,
): Readonly<Record<Traffic, Route>> {
  const { internalTrafficPolicy, externalTrafficPolicy } = service;
  const cluster = clusterEndpoints(endpoints, node, recorder?.cluster);
  const local = localEndpoints(endpoints, node, recorder?.local);
  const servedHere = local.length > 0;
  const internalIsLocal = internalTrafficPolicy === 'Local';
  const externalIsLocal = externalTrafficPolicy === 'Local' && servedHere;
  const internal = internalIsLocal ? local : cluster;
  const external = externalIsLocal ? local : cluster;
  recorder?.route('internal', internalIsLocal ? recorder.local : recorder.cluster);
  recorder?.route('external', externalIsLocal ? recorder.local : recorder.cluster, {
    onlyForThisNode: externalTrafficPolicy === 'Local' && !servedHere,
  });
  const internalRoute = { realServers: realServersAt(internal), servedHere };
  return {
    internal: internalRoute,
    external:
      external === internal ? internalRoute : { realServers: realServersAt(external), servedHere },
  };
}
