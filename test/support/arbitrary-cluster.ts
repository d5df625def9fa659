import fc from 'fast-check';
import type {
  Endpoint,
  EndpointSlice,
  Node,
  Service,
  ServicePort,
} from '../../src/cluster/objects.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import type { TranslatorOptions } from '../../src/desired/service-translator.ts';
import { cidr, ip, service, servicePort, slice, node } from './cluster-objects.ts';

/** Few names, addresses and ports, so that objects often meet. */

const namespace = fc.oneof(
  { weight: 14, arbitrary: fc.constant('default') },
  { weight: 1, arbitrary: fc.constant('other') },
);
const serviceName = fc.constantFrom('a', 'b', 'c');

function some(...texts: readonly string[]): fc.Arbitrary<IpAddress[]> {
  return fc.subarray(texts.map(ip), { maxLength: 2 });
}

const clusterIPs = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 6,
    arbitrary: fc.constantFrom('10.96.0.1', '10.96.0.2', '10.96.0.3').map((t) => [ip(t)]),
  },
  { weight: 2, arbitrary: fc.constantFrom('fd00:96::1', 'fd00:96::2').map((text) => [ip(text)]) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 2).map((n) => [ip(`10.96.0.${n}`), ip(`fd00:96::${n}`)]),
  },
);

const ports: fc.Arbitrary<ServicePort[]> = fc.subarray(
  [
    servicePort({ name: 'http', port: 80 }),
    servicePort({ name: 'web', port: 8000, nodePort: 30_080 }),
    servicePort({ name: 'dns', protocol: 'UDP', port: 53, nodePort: 30_053 }),
    servicePort({ name: 'sig', protocol: 'SCTP', port: 3868 }),
  ],
  { minLength: 1 },
);

/** Of each annotation a few good values and a bad one. */
const annotations = fc
  .record(
    {
      'kube-ipvs.io/scheduler': fc.constantFrom('lc', 'sh', 'wlc', 'best'),
      'kube-ipvs.io/scheduler-flags': fc.constantFrom('sh-port', 'sh-fallback,sh-port', ''),
      'kube-ipvs.io/drain-timeout': fc.constantFrom('0s', '30s', 'long'),
      'kube-ipvs.io/locality-weights': fc.constantFrom('same-node=3', 'other=0', 'none', 'near=1'),
      'kube-ipvs.io/weights': fc.constantFrom('node', 'none', 'rack'),
      'kube-ipvs.io/max-connections': fc.constantFrom('20', '20/10', '0', '10/20'),
      'kube-ipvs.io/one-packet': fc.constantFrom('true', 'false', 'yes'),
      'kube-ipvs.io/slow-start': fc.constantFrom('30s', '0s', 'soon'),
      'kube-ipvs.io/outlier-ejection': fc.constantFrom('true', 'true,udp', 'false', 'maybe'),
      'kube-ipvs.io/reset-after': fc.constantFrom('3s', 'soon'),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((values) => new Map(Object.entries(values)));

export const arbitraryService: fc.Arbitrary<Service> = fc
  .record({
    namespace,
    name: serviceName,
    createdAt: fc.nat(2),
    annotations,
    proxyName: fc.constantFrom(...Array<undefined>(9), 'somebody'),
    clusterIPs,
    // One that the node may have, and one that a Pod may have.
    externalIPs: some('198.51.100.20', '192.0.2.10', '10.244.1.1', '2001:db8:1::20'),
    loadBalancerIPs: some('203.0.113.10', '198.51.100.20', '2001:db8:2::10'),
    ports,
    internalTrafficPolicy: fc.constantFrom('Cluster', 'Cluster', 'Local'),
    externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
    healthCheckNodePort: fc.constantFrom(undefined, 32_000),
    sessionAffinity: fc.constantFrom<Service['sessionAffinity'][]>(
      { kind: 'None' },
      { kind: 'ClientIP', timeoutSeconds: 600 },
    ),
  })
  .map((fields) => service(fields));

const endpoint: fc.Arbitrary<Omit<Endpoint, 'address'>> = fc
  .record({
    condition: fc.constantFrom(
      { ready: true, serving: true, terminating: false },
      { ready: true, serving: true, terminating: false },
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: true, terminating: true },
      { ready: false, serving: false, terminating: true },
      { ready: false, serving: false, terminating: false },
    ),
    nodeName: fc.constantFrom('node-a', 'node-b', undefined),
    zone: fc.constantFrom(undefined, 'z1', 'z2'),
    podName: fc.constant(undefined),
    hintedZones: fc.constantFrom([], [], ['z1'], ['z2']),
    hintedNodes: fc.constantFrom([], [], [], ['node-a'], ['node-b']),
  })
  .map(({ condition, ...fields }) => ({ ...condition, ...fields }));

/** Addresses of Pods, a loopback one, and some that are, or may become, VIPs. */
const endpointAddresses = {
  IPv4: ['10.244.1.1', '10.244.1.2', '10.244.1.3', '10.244.2.1', '127.0.0.1', '10.96.0.2'],
  IPv6: ['fd00:244::1', 'fd00:244::2', 'fd00:244::3', 'fd00:96::1'],
} as const;

const allTargets = [
  { name: 'http', protocol: 'TCP', port: 8080 },
  { name: 'web', protocol: 'TCP', port: 8080 },
  { name: 'dns', protocol: 'UDP', port: 5353 },
  { name: 'sig', protocol: 'SCTP', port: 3868 },
] as const;
const targets = fc.oneof(
  { weight: 4, arbitrary: fc.constant(allTargets) },
  { weight: 1, arbitrary: fc.subarray([...allTargets]) },
);

export const arbitrarySlice: fc.Arbitrary<EndpointSlice> = fc
  .constantFrom('IPv4' as const, 'IPv4' as const, 'IPv6' as const)
  .chain((family) =>
    fc.record({
      namespace,
      name: fc.constantFrom('s1', 's2', 's3', 's4'),
      serviceName,
      family: fc.constant(family),
      weight: fc.constantFrom(undefined, undefined, undefined, 0, 7),
      ports: targets,
      endpoints: fc.uniqueArray(
        fc
          .tuple(fc.constantFrom(...endpointAddresses[family]), endpoint)
          .map(([address, fields]) => ({ address: ip(address), ...fields })),
        { minLength: 1, maxLength: 5, size: 'max', selector: ({ address }) => address.text },
      ),
    }),
  )
  .map(({ endpoints, ...fields }) => slice(endpoints, fields));

export const arbitraryNode: fc.Arbitrary<Node | undefined> = fc.constantFrom(
  undefined,
  node({ zone: undefined, primaryAddresses: [ip('192.0.2.10')] }),
  node({ primaryAddresses: [ip('192.0.2.10'), ip('2001:db8::10')] }),
  node({ zone: 'z2', weight: 3 }),
);

export const arbitraryNodeAddresses: fc.Arbitrary<readonly IpAddress[]> = fc.subarray(
  ['192.0.2.10', '198.18.0.5', '2001:db8::10', '203.0.113.10'].map(ip),
);

/** What a program may be configured with. */
export const arbitraryOptions: fc.Arbitrary<TranslatorOptions> = fc.record({
  nodeName: fc.constant('node-a'),
  nodePortAddresses: fc.constantFrom<TranslatorOptions['nodePortAddresses'][]>(
    { kind: 'all' },
    { kind: 'primary' },
    { kind: 'ranges', ranges: [cidr('192.0.2.0/24')] },
  ),
  translation: fc.record({
    scheduler: fc.constantFrom('rr', 'mh'),
    drainTimeoutMs: fc.constantFrom(undefined, 0, 5000),
    nodeWeights: fc.constantFrom(false, false, true),
    localityWeights: fc.constantFrom(undefined, undefined, {
      'same-node': 10,
      'same-zone': 5,
      other: 0,
    }),
    connectionLimits: fc.constantFrom(undefined, undefined, { upper: 100, lower: 0 }),
    onePacket: fc.constantFrom(false, true),
    slowStartMs: fc.constantFrom(undefined, undefined, 30_000),
    outlierEjection: fc.boolean(),
    externalIPs: fc.constantFrom(undefined, undefined, [cidr('198.51.100.0/24')]),
    loadBalancerIPs: fc.constantFrom(undefined, undefined, [cidr('203.0.113.0/24')]),
    protectedRanges: fc.constantFrom([], [], [cidr('198.51.100.20/32')]),
  }),
});
