import type { Service, TrafficPolicy } from '../cluster/objects.ts';
import type { RealServers } from '../kernel/ipvs/model.ts';
import { noLackOfLocalEndpoints, type LackOfLocalEndpoints } from './desired.ts';
import { clusterEndpoints, localEndpoints, type PortEndpoints } from './endpoints.ts';
import type { Traffic } from './front-end.ts';
import type { NodeFacts } from './node-facts.ts';
import type { PortRecorder } from './port-recorder.ts';
import type { EndpointNotes } from './endpoint-notes.ts';
import { weighed, type WeighedEndpoints, type WeightRules } from './endpoint-weights.ts';
import { realServersAt, type RealServerChoices } from './real-servers.ts';

/** Where the connections of one kind go. */
export interface Route {
  readonly realServers: RealServers;
  readonly servedHere: boolean;
  /** The policy is Local, and there are endpoints, but none on this node. */
  readonly lacksLocal: boolean;
}

/** What the real servers of a Service follow. */
export interface RouteChoices extends RealServerChoices {
  /** Undefined where all weights are the same. */
  readonly rules: WeightRules | undefined;
}

/** Where connections of both kinds go. */
export type Routes = Readonly<Record<Traffic, Route>>;

/** Of which traffic some port lacks endpoints on this node, though its policy is Local. */
export function lackOfLocalEndpoints(ofPorts: readonly Routes[]): LackOfLocalEndpoints {
  const internal = ofPorts.some((routes) => routes.internal.lacksLocal);
  const external = ofPorts.some((routes) => routes.external.lacksLocal);
  return internal || external ? { internal, external } : noLackOfLocalEndpoints;
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
  { rules, ...choices }: RouteChoices,
  recorder?: PortRecorder,
): Routes {
  const { internalTrafficPolicy, externalTrafficPolicy } = service;
  const chosen = (choice: typeof clusterEndpoints, notes?: EndpointNotes): WeighedEndpoints =>
    weighed(choice(endpoints, node, notes), rules, notes);
  const cluster = chosen(clusterEndpoints, recorder?.cluster);
  const local = chosen(localEndpoints, recorder?.local);
  const servedHere = local.endpoints.length > 0;
  const internalIsLocal = internalTrafficPolicy === 'Local';
  const externalIsLocal = externalTrafficPolicy === 'Local' && servedHere;
  const internal = internalIsLocal ? local : cluster;
  const external = externalIsLocal ? local : cluster;
  recorder?.route('internal', internalIsLocal ? recorder.local : recorder.cluster);
  recorder?.route('external', externalIsLocal ? recorder.local : recorder.cluster, {
    onlyForThisNode: externalTrafficPolicy === 'Local' && !servedHere,
  });
  const lacksLocal = (policy: TrafficPolicy): boolean =>
    policy === 'Local' && cluster.endpoints.length > 0 && !servedHere;
  const realServers = realServersAt(internal, choices);
  return {
    internal: { realServers, servedHere, lacksLocal: lacksLocal(internalTrafficPolicy) },
    external: {
      realServers: external === internal ? realServers : realServersAt(external, choices),
      servedHere,
      lacksLocal: lacksLocal(externalTrafficPolicy),
    },
  };
}
