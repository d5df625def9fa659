import { equalityOf, optional, sameLists } from '../base/equality.ts';
import type { Endpoint, EndpointPort, EndpointSlice, UnreadField } from './objects.ts';

const samePorts = sameLists(
  equalityOf<EndpointPort>({
    name: (a, b) => a.name === b.name,
    protocol: (a, b) => a.protocol === b.protocol,
    port: (a, b) => a.port === b.port,
  }),
);

const sameNames = sameLists<string>((a, b) => a === b);

const sameEndpoints = sameLists(
  equalityOf<Endpoint>({
    address: (a, b) => a.address.equals(b.address),
    ready: (a, b) => a.ready === b.ready,
    serving: (a, b) => a.serving === b.serving,
    terminating: (a, b) => a.terminating === b.terminating,
    nodeName: (a, b) => a.nodeName === b.nodeName,
    zone: (a, b) => a.zone === b.zone,
    podName: (a, b) => a.podName === b.podName,
    hintedZones: (a, b) => sameNames(a.hintedZones, b.hintedZones),
    hintedNodes: (a, b) => sameNames(a.hintedNodes, b.hintedNodes),
  }),
);

const sameUnread = optional(
  sameLists(
    equalityOf<UnreadField>({
      object: (a, b) => a.object === b.object,
      text: (a, b) => a.text === b.text,
    }),
  ),
);

/** Whether two slices hold the same: nearly all objects that a cluster sends are slices. */
export const sameSlice = equalityOf<EndpointSlice>({
  namespace: (a, b) => a.namespace === b.namespace,
  name: (a, b) => a.name === b.name,
  serviceName: (a, b) => a.serviceName === b.serviceName,
  family: (a, b) => a.family === b.family,
  triggeredAt: (a, b) => a.triggeredAt === b.triggeredAt,
  weight: (a, b) => a.weight === b.weight,
  ports: (a, b) => samePorts(a.ports, b.ports),
  endpoints: (a, b) => sameEndpoints(a.endpoints, b.endpoints),
  unread: (a, b) => sameUnread(a.unread, b.unread),
});
