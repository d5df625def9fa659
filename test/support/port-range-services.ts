import { families, podAddress, type PodName } from './network.ts';
import { serviceObjects, type NetworkService } from './network-services.ts';
import type { Listener, TrafficProtocol } from './traffic.ts';

/** Ports within the ranges of the tests at which Pods answer, the first and last one of a range among them. */
export const rangePorts = {
  udp: [10_000, 12_000, 13_000, 16_000, 20_000],
  tcp: [5060, 5061, 65_535],
  /** Of no range but that of all ports. */
  other: [1, 30_003],
} as const;

export const portRanges = '10000-20000/UDP, 5060-5061/TCP';

/** The Services by their names; their numbers are in their addresses. */
export const numbers = {
  calls: 1,
  local: 2,
  everything: 3,
  inside: 4,
  sticky: 5,
  older: 6,
  younger: 7,
  empty: 8,
  guarded: 9,
  narrow: 10,
} as const;

type RangeService = Omit<NetworkService, 'number' | 'endpoints' | 'name'> & {
  readonly pods: readonly PodName[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createdAt?: string;
};

const bothPods = ['pod-a2', 'pod-b2'] as const;
const shared = '203.0.113.77';

const services: Readonly<Record<keyof typeof numbers, RangeService>> = {
  calls: { pods: bothPods },
  local: { pods: bothPods, externalPolicy: 'Local' },
  everything: { pods: ['pod-b2'], annotations: { 'kube-ipvs.io/port-ranges': '*/TCP,UDP' } },
  // An ordinary port within the range, with a target port of its own.
  inside: {
    pods: bothPods,
    spec: { ports: [{ name: 'udp', protocol: 'UDP', port: 12_000, targetPort: 8080 }] },
  },
  sticky: {
    pods: bothPods,
    annotations: { 'kube-ipvs.io/affinity-across-ports': 'true' },
    spec: {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
      ports: [{ name: 'tcp', protocol: 'TCP', port: 8080, targetPort: 8080 }],
    },
  },
  older: {
    pods: ['pod-a2'],
    createdAt: '2026-01-01T00:00:00Z',
    annotations: { 'kube-ipvs.io/port-ranges': '10000-15000/UDP' },
    spec: { externalIPs: [shared] },
  },
  younger: {
    pods: ['pod-b2'],
    createdAt: '2026-02-01T00:00:00Z',
    annotations: { 'kube-ipvs.io/port-ranges': '12000-20000/UDP' },
    spec: { externalIPs: [shared] },
  },
  empty: { pods: [] },
  guarded: {
    pods: bothPods,
    spec: { loadBalancerSourceRanges: ['10.244.0.0/16', 'fd00:244::/32'] },
  },
  narrow: {
    pods: bothPods,
    annotations: { 'kube-ipvs.io/port-ranges-on': 'external' },
  },
};

export const sharedAddress = { IPv4: shared, IPv6: undefined } as const;

/** A Service of the tests; `pods` in place of its own endpoints. */
export function rangeService(
  name: keyof typeof numbers,
  draining: readonly PodName[] = [],
): readonly unknown[] {
  const { pods, annotations = {}, createdAt, ...rest } = services[name];
  const endpoints = pods.map((pod) => ({
    addresses: podAddress[pod],
    nodeName: pod.startsWith('pod-a') ? ('node-a' as const) : ('node-b' as const),
  }));
  const [service, ...slices] = serviceObjects({
    ...{ name, number: numbers[name], endpoints, protocols: ['TCP', 'UDP'] },
    ...rest,
  });
  return [
    withMetadata(service, {
      annotations: { 'kube-ipvs.io/port-ranges': portRanges, ...annotations },
      ...(createdAt === undefined ? {} : { creationTimestamp: createdAt }),
    }),
    ...slices.map((slice) => withDraining(slice, draining)),
  ];
}

export function allRangeServices(): readonly unknown[] {
  // Object.keys forgets that the keys are names.
  return (Object.keys(numbers) as (keyof typeof numbers)[]).flatMap((name) => rangeService(name));
}

/** What a Pod answers on: the ports of the ranges, and the target port. */
export function rangeListeners(pod: PodName): readonly Listener[] {
  const { udp, tcp, other } = rangePorts;
  const ports: Readonly<Record<'TCP' | 'UDP', readonly number[]>> = {
    TCP: [...tcp, ...other, 8080],
    UDP: [...udp, ...other, 8080],
  };
  return (['TCP', 'UDP'] as const satisfies readonly TrafficProtocol[]).flatMap((protocol) =>
    families.flatMap((family) =>
      ports[protocol].map((port) => ({ protocol, address: podAddress[pod][family], port })),
    ),
  );
}

interface Slice {
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
}

function withMetadata(object: unknown, metadata: Readonly<Record<string, unknown>>): unknown {
  // Objects of `serviceObjects` have both.
  const raw = object as Readonly<Record<'metadata', Readonly<Record<string, unknown>>>>;
  return { ...raw, metadata: { ...raw.metadata, ...metadata } };
}

/** Those of the Pods are terminating, and serve still. */
function withDraining(object: unknown, draining: readonly PodName[]): unknown {
  // Slices of `serviceObjects` are such.
  const slice = object as Slice;
  const addresses = new Set(draining.flatMap((pod) => Object.values(podAddress[pod])));
  return {
    ...slice,
    endpoints: slice.endpoints.map((endpoint) =>
      endpoint.addresses.some((address) => addresses.has(address))
        ? { ...endpoint, conditions: { ready: false, serving: true, terminating: true } }
        : endpoint,
    ),
  };
}
