import type { Addresses, NodeName } from './network.ts';
import type { TrafficProtocol } from './traffic.ts';

/** The port of every Service, and where its endpoints listen. */
export const servicePort = 80;
export const targetPort = 8080;

export interface NetworkEndpoint {
  readonly addresses: Addresses;
  readonly nodeName: NodeName;
}

export interface NetworkService {
  readonly name: string;
  /** Tells Services apart, 1 to 250: in their addresses and node ports. */
  readonly number: number;
  readonly endpoints: readonly NetworkEndpoint[];
  readonly internalPolicy?: 'Cluster' | 'Local';
  readonly externalPolicy?: 'Cluster' | 'Local';
  readonly protocols?: readonly TrafficProtocol[];
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const frontEndKinds = [
  'cluster IP',
  'node port',
  'load-balancer IP',
  'external IP',
] as const;
export type FrontEndKind = (typeof frontEndKinds)[number];

/** The VIP of a Service; node ports have those of nodes. */
export function vipOf(kind: Exclude<FrontEndKind, 'node port'>, number: number): Addresses {
  switch (kind) {
    case 'cluster IP':
      return { IPv4: `10.96.0.${number}`, IPv6: `fd00:96::${number}` };
    case 'load-balancer IP':
      return { IPv4: `203.0.113.${number}`, IPv6: `2001:db8:203::${number}` };
    case 'external IP':
      return { IPv4: `10.97.0.${number}`, IPv6: `fd00:96:97::${number}` };
  }
}

/** Those of no Service of a test are less. */
export const lowestNodePort = 30_000;

/** One for each protocol: UDP must not hide behind TCP. */
export function nodePortOf(number: number, protocol: TrafficProtocol): number {
  return lowestNodePort + { TCP: 0, UDP: 300, SCTP: 600 }[protocol] + number;
}

/** A dual-stack Service with all kinds of front ends, and its slices. */
export function serviceObjects(service: NetworkService): readonly unknown[] {
  const { name, number, protocols = ['TCP', 'UDP', 'SCTP'], spec = {}, annotations } = service;
  const both = (kind: Exclude<FrontEndKind, 'node port'>) => Object.values(vipOf(kind, number));
  const ports = protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol }));
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default', annotations },
      spec: {
        type: 'LoadBalancer',
        clusterIP: vipOf('cluster IP', number).IPv4,
        clusterIPs: both('cluster IP'),
        externalIPs: both('external IP'),
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'RequireDualStack',
        internalTrafficPolicy: service.internalPolicy ?? 'Cluster',
        externalTrafficPolicy: service.externalPolicy ?? 'Cluster',
        ports: ports.map((port) => ({
          ...port,
          port: servicePort,
          targetPort,
          nodePort: nodePortOf(number, port.protocol),
        })),
        ...spec,
      },
      status: { loadBalancer: { ingress: both('load-balancer IP').map((ip) => ({ ip })) } },
    },
    ...(['IPv4', 'IPv6'] as const).map((family) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${family.toLowerCase()}`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: family,
      endpoints: service.endpoints.map(({ addresses, nodeName }) => ({
        addresses: [addresses[family]],
        nodeName,
        conditions: { ready: true },
      })),
      ports: ports.map((port) => ({ ...port, port: targetPort })),
    })),
  ];
}

/** What a Service of `serviceObjects` says besides. */
export function annotated(
  objects: readonly unknown[],
  annotations: Readonly<Record<string, string>>,
): readonly unknown[] {
  return objects.map((object) => {
    const typed = object as { readonly kind: string; readonly metadata: object };
    return typed.kind === 'Service'
      ? { ...typed, metadata: { ...typed.metadata, annotations } }
      : object;
  });
}
