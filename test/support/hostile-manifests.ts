import fc from 'fast-check';
import { rawService, rawSlice } from './manifests.ts';

/** Stands in every hostile text, so that it is found wherever such a text ends up. */
export const evil = 'EVIL';

/** What somebody might write into a manifest to have it land in a command or a rule. */
const hostileText = fc.oneof(
  fc.constantFrom(
    `${evil}\n-A INPUT -j ACCEPT\nCOMMIT\n`,
    `10.96.0.1\nadd ${evil} 0.0.0.0/0`,
    `10.96.0.1 -j ACCEPT ${evil}`,
    `"${evil}" -j ACCEPT`,
    `'; reboot; '${evil}`,
    `$(id)${evil}\`id\``,
    `--${evil}`,
    `|${evil}&>>/etc/passwd`,
    `\0${evil}`,
    evil.repeat(20_000),
    `kube-ipvs-${evil}`,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `${text}${evil}`),
);

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: hostileText },
  { weight: 1, arbitrary: hostileText.map((text) => [text]) },
  { weight: 1, arbitrary: hostileText.map((text) => ({ [text]: text })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(-1, 1e300, 0.5, Number.MAX_SAFE_INTEGER, true, null),
  },
);

/** Mostly one of the sound values, now and then none or a hostile one in its place. */
function mostly(...values: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom<unknown>(...values) },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: hostile },
  );
}

function list(element: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(element, { minLength: 1, maxLength: 3 });
}

function record(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  return fc.record(fields, { noNullPrototype: true });
}

/** Often the same, so that ports of Services and slices match. */
const protocol = mostly('TCP', 'TCP', 'TCP', 'TCP', 'UDP', 'SCTP');
const name = mostly('http', 'http', 'http', 'dns');

const spec = record({
  clusterIPs: list(mostly('10.96.0.10', '10.96.0.11', 'fd00:96::a')),
  clusterIP: mostly('10.96.0.10'),
  externalIPs: list(mostly('198.51.100.20', '2001:db8:1::20', '192.0.2.10')),
  loadBalancerSourceRanges: list(mostly('10.0.0.0/8', '0.0.0.0/0', '192.0.2.0/24', '::/0')),
  ports: list(
    record({
      name,
      protocol,
      port: mostly(80, 53, 65_535),
      nodePort: mostly(30_080, 0),
      targetPort: mostly(8080, 'http'),
    }),
  ),
  type: mostly('LoadBalancer', 'NodePort', 'ClusterIP'),
  internalTrafficPolicy: mostly('Cluster', 'Local'),
  externalTrafficPolicy: mostly('Cluster', 'Local'),
  healthCheckNodePort: mostly(32_000),
  sessionAffinity: mostly('None', 'ClientIP'),
  sessionAffinityConfig: record({ clientIP: record({ timeoutSeconds: mostly(600) }) }),
});

const annotations = record({
  'kube-ipvs.io/scheduler': mostly('mh', 'wlc', 'nonsense'),
  'kube-ipvs.io/scheduler-flags': mostly('mh-port', 'sh-port,sh-fallback'),
  'kube-ipvs.io/drain-timeout': mostly('5m', 'never'),
  'kube-router.io/service.scheduler': mostly('sh'),
  'kube-router.io/service.schedflags': mostly('sh-port'),
  [evil]: hostile,
});

const ingress = list(record({ ip: mostly('203.0.113.10'), ipMode: mostly('VIP'), hostname: name }));

/** A Service as an API server without any validation would have it. */
export const hostileService: fc.Arbitrary<unknown> = fc
  .tuple(mostly('web'), spec, annotations, mostly({}), ingress, hostileText)
  .map(([serviceName, fields, marks, labels, loadBalancer, uid]) => ({
    ...rawService('web', fields, { name: serviceName, annotations: marks, labels, uid }),
    status: { loadBalancer: { ingress: loadBalancer } },
  }));

const conditions = record({ ready: mostly(true, false), serving: mostly(true) });

/** A slice of it likewise. */
export const hostileSlice: fc.Arbitrary<unknown> = fc
  .tuple(
    mostly('web-1', 'web-2', 'web-3'),
    mostly('IPv4', 'IPv4', 'IPv4', 'IPv6', 'FQDN'),
    list(
      record({
        addresses: list(
          mostly('10.244.1.1', '10.244.1.2', '10.244.1.3', 'fd00:244::1', '127.0.0.1'),
        ),
        nodeName: mostly('node-a', 'node-b'),
        conditions,
        hints: record({ forZones: list(record({ name: mostly('z1') })) }),
      }),
    ),
    list(record({ name, protocol, port: mostly(8080, 8081, 8082, 8083, 0, 65_536) })),
  )
  .map(([sliceName, addressType, endpoints, ports]) =>
    rawSlice('web-1', 'web', { addressType, endpoints, ports }, { name: sliceName }),
  );
