import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
  Node,
  Service,
  ServicePort,
} from '../../src/cluster/objects.ts';
import { Cidr } from '../../src/net/cidr.ts';
import { IpAddress } from '../../src/net/ip-address.ts';

/** Parsed objects for tests to vary: what they leave out is as a plain Service has it. */

export function ip(text: string): IpAddress {
  const address = IpAddress.parse(text);
  if (address === undefined) {
    throw new Error(`the test's own address is not one: ${text}`);
  }
  return address;
}

export function cidr(text: string): Cidr {
  const range = Cidr.parse(text);
  if (range === undefined) {
    throw new Error(`the test's own range is not one: ${text}`);
  }
  return range;
}

/** The Node `node-a` in zone z1, without addresses. */
export function node(fields: Partial<Node> = {}): Node {
  return {
    name: 'node-a',
    zone: 'z1',
    weight: undefined,
    isLeaving: false,
    podRanges: [],
    primaryAddresses: [],
    addresses: [],
    ...fields,
  };
}

/** `default/web` with the cluster IP 10.96.0.1 and the unnamed TCP port 80. */
export function service(fields: Partial<Service> = {}): Service {
  return {
    namespace: 'default',
    name: 'web',
    uid: '',
    createdAt: 0,
    annotations: new Map(),
    proxyName: undefined,
    clusterIPs: [ip('10.96.0.1')],
    externalIPs: [],
    loadBalancerIPs: [],
    loadBalancerSourceRanges: undefined,
    ports: [servicePort()],
    internalTrafficPolicy: 'Cluster',
    externalTrafficPolicy: 'Cluster',
    healthCheckNodePort: undefined,
    sessionAffinity: { kind: 'None' },
    ...fields,
  };
}

export function servicePort(fields: Partial<ServicePort> = {}): ServicePort {
  return { name: '', protocol: 'TCP', port: 80, nodePort: undefined, ...fields };
}

/** A slice of `default/web` in the family of its endpoints, with the unnamed target port 8080. */
export function slice(
  endpoints: readonly Endpoint[],
  fields: Partial<EndpointSlice> = {},
): EndpointSlice {
  return {
    namespace: 'default',
    name: 'web-1',
    serviceName: 'web',
    family: endpoints[0]?.address.family ?? 'IPv4',
    triggeredAt: undefined,
    weight: undefined,
    ports: [endpointPort()],
    endpoints,
    ...fields,
  };
}

export function endpointPort(fields: Partial<EndpointPort> = {}): EndpointPort {
  return { name: '', protocol: 'TCP', port: 8080, ...fields };
}

/** A ready endpoint on node-b, without hints. */
export function endpoint(address: string, fields: Partial<Endpoint> = {}): Endpoint {
  return {
    address: ip(address),
    ready: true,
    serving: true,
    terminating: false,
    nodeName: 'node-b',
    zone: undefined,
    podName: undefined,
    hintedZones: [],
    hintedNodes: [],
    ...fields,
  };
}

/** Neither ready nor serving. */
export const notReady = { ready: false, serving: false, terminating: false } as const;

/** On its way out, still answering. */
export const draining = { ready: false, serving: true, terminating: true } as const;

/** On its way out, and no longer answering. */
export const gone = { ready: false, serving: false, terminating: true } as const;
