import type { EndpointSlice, Service, ServicePort } from '../cluster/objects.ts';
import { formatEndpoint, type IpAddress, type IpFamily } from '../net/ip-address.ts';
import type { RealServer, Translation, VirtualServer } from './desired.ts';
import {
  clusterEndpoints,
  endpointsOfPort,
  localEndpoints,
  type Place,
  type PortEndpoint,
} from './endpoints.ts';
import { chooseScheduler, type Scheduler } from './scheduler.ts';

/** The part of the configuration that decides what a Service becomes. */
export interface TranslationSettings {
  readonly scheduler: Scheduler;
}

const nothing: Translation = { virtualServers: [], boundAddresses: [], problems: [] };

/** Every real server is reached by NAT and counts the same, as with kube-proxy. */
const method = 'masq';
const weight = 1;

/**
 * What one Service becomes on this node: a virtual server per cluster IP and port, with the
 * endpoints that may get traffic as real servers. Services without a cluster IP and those left
 * to another proxy become nothing. Pure: the same input gives the same rows.
 */
export function translateService(
  service: Service,
  slices: readonly EndpointSlice[],
  place: Place,
  settings: TranslationSettings,
): Translation {
  if (service.proxyName !== undefined || service.clusterIPs.length === 0) {
    return nothing;
  }
  const object = `Service ${service.namespace}/${service.name}`;
  const { scheduler, problems } = chooseScheduler(service.annotations, settings.scheduler, object);
  const { sessionAffinity } = service;
  const persistenceSeconds =
    sessionAffinity.kind === 'ClientIP' ? sessionAffinity.timeoutSeconds : undefined;

  const virtualServers: VirtualServer[] = [];
  for (const port of service.ports) {
    for (const family of familiesOf(service.clusterIPs)) {
      const realServers = internalRealServers(service, port, family, slices, place);
      for (const address of service.clusterIPs.filter((ip) => ip.family === family)) {
        const { protocol, port: number } = port;
        virtualServers.push({
          protocol,
          address,
          port: number,
          scheduler,
          persistenceSeconds,
          realServers,
        });
      }
    }
  }
  return { virtualServers, boundAddresses: service.clusterIPs, problems };
}

/** Where connections to a cluster IP go, by `internalTrafficPolicy` (KEP-2086). */
function internalRealServers(
  service: Service,
  port: ServicePort,
  family: IpFamily,
  slices: readonly EndpointSlice[],
  place: Place,
): ReadonlyMap<string, RealServer> {
  const endpoints = endpointsOfPort(port, family, slices);
  return toRealServers(
    service.internalTrafficPolicy === 'Local'
      ? localEndpoints(endpoints, place)
      : clusterEndpoints(endpoints, place),
  );
}

function toRealServers(endpoints: readonly PortEndpoint[]): ReadonlyMap<string, RealServer> {
  return new Map(
    endpoints.map(({ endpoint: { address }, targetPort }) => [
      formatEndpoint(address, targetPort),
      { address, port: targetPort, method, weight },
    ]),
  );
}

function familiesOf(addresses: readonly IpAddress[]): readonly IpFamily[] {
  return [...new Set(addresses.map((address) => address.family))];
}
