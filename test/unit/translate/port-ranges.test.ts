import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { formatPortRange } from '../../../src/net/port-range.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import {
  endpoint,
  endpointPort,
  ip,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';
import { routes, translate } from '../../support/translation.ts';

const clientIp = { kind: 'ClientIP', timeoutSeconds: 600 } as const;

/** Marks 1 for traffic inside and 2 for that from outside. */
const node = place({
  markOf: (_, traffic) => (traffic === 'internal' ? 1 : 2),
  nodeAddresses: new Set(['192.0.2.10']),
  allNodeAddresses: [ip('192.0.2.10')],
});

const pods = [
  slice([
    endpoint('10.244.1.1', { nodeName: 'node-a' }),
    endpoint('10.244.2.1', { nodeName: 'node-b' }),
  ]),
];

function calls(fields: Partial<Service> = {}, annotations: Readonly<Record<string, string>> = {}) {
  return service({
    externalIPs: [ip('203.0.113.1')],
    annotations: new Map(
      Object.entries({ 'kube-ipvs.io/port-ranges': '10000-20000/UDP', ...annotations }),
    ),
    ...fields,
  });
}

/** `10.96.0.1 UDP 10000-20000 mark 1 cluster` */
function ranges({ portRanges }: Translation): readonly string[] {
  return (portRanges?.addresses ?? []).flatMap(({ address, ranges: all }) =>
    all.map(
      ({ protocol, mark, role, sources, ...ports }) =>
        `${address.text} ${protocol} ${formatPortRange(ports)} mark ${mark} ${role}${
          sources === undefined ? '' : ` from ${sources.map(String).join(' ')}`
        }`,
    ),
  );
}

const marked = ({ virtualServers }: Translation) =>
  virtualServers.filter(({ virtualServer }) => virtualServer.id.kind === 'fwmark');

describe('a Service with port ranges', () => {
  it('has a virtual server for a mark beside its ordinary ones, whose real servers have any port', () => {
    const translation = translate(calls(), pods, node);
    assert.deepEqual(routes(translation), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080 10.244.2.1:8080',
      'TCP 203.0.113.1:80 -> 10.244.1.1:8080 10.244.2.1:8080',
      'fwmark 1 (IPv4) -> 10.244.1.1:0 10.244.2.1:0',
    ]);
    assert.deepEqual(ranges(translation), [
      '10.96.0.1 UDP 10000-20000 mark 1 cluster',
      '203.0.113.1 UDP 10000-20000 mark 1 external',
    ]);
  });

  it('has two marks where one policy is Local', () => {
    const translation = translate(calls({ externalTrafficPolicy: 'Local' }), pods, node);
    assert.deepEqual(routes(translation).slice(2), [
      'fwmark 1 (IPv4) -> 10.244.1.1:0 10.244.2.1:0',
      'fwmark 2 (IPv4) -> 10.244.1.1:0',
    ]);
    assert.deepEqual(ranges(translation), [
      '10.96.0.1 UDP 10000-20000 mark 1 cluster',
      '203.0.113.1 UDP 10000-20000 mark 2 local',
    ]);
  });

  it('keeps its ordinary ports, within a range too', () => {
    const ports = [servicePort({ name: 'media', protocol: 'UDP', port: 12_000 })];
    const slices = [
      slice([endpoint('10.244.1.1')], {
        ports: [endpointPort({ name: 'media', protocol: 'UDP' })],
      }),
    ];
    const translation = translate(calls({ ports }), slices, node);
    assert.equal(routes(translation)[0], 'UDP 10.96.0.1:12000 -> 10.244.1.1:8080');
    assert.deepEqual(ranges(translation).slice(0, 2), [
      '10.96.0.1 UDP 10000-11999 mark 1 cluster',
      '10.96.0.1 UDP 12001-20000 mark 1 cluster',
    ]);
  });

  it('is refused where it has no endpoint', () => {
    assert.deepEqual(ranges(translate(calls(), [], node)), [
      '10.96.0.1 UDP 10000-20000 mark 1 refused',
      '203.0.113.1 UDP 10000-20000 mark 1 refused',
    ]);
  });

  it('lets in whom the source ranges of its load balancer admit', () => {
    const ranged = calls({
      externalIPs: [],
      loadBalancerIPs: [ip('203.0.113.2')],
      loadBalancerSourceRanges: [],
    });
    assert.equal(
      ranges(translate(ranged, pods, node))[1],
      '203.0.113.2 UDP 10000-20000 mark 1 external from ',
    );
  });

  it('has them at no address of the node itself, and says so', () => {
    const translation = translate(
      calls({ externalIPs: [ip('192.0.2.10'), ip('203.0.113.1')] }),
      pods,
      node,
    );
    assert.deepEqual(
      ranges(translation).map((text) => text.split(' ')[0]),
      ['10.96.0.1', '203.0.113.1'],
    );
    assert.deepEqual(
      translation.problems.map(({ reason, value }) => [reason, value]),
      [['PortRangesRefused', ['192.0.2.10']]],
    );
  });

  it('has none, and says so, where no mark is free', () => {
    const translation = translate(calls(), pods, place({ markOf: () => undefined }));
    assert.deepEqual([marked(translation), ranges(translation)], [[], []]);
    assert.deepEqual(
      translation.problems.map(({ reason, value }) => [reason, value]),
      [['PortRangesRefused', ['10000-20000/UDP']]],
    );
  });

  it('has one in each family, with the same mark', () => {
    const dual = calls({
      clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')],
      externalIPs: [ip('2001:db8::1')],
    });
    const slices = [...pods, slice([endpoint('fd00:244::1')], { family: 'IPv6' })];
    assert.deepEqual(routes(translate(dual, slices, node)).slice(3), [
      'fwmark 1 (IPv4) -> 10.244.1.1:0 10.244.2.1:0',
      'fwmark 1 (IPv6) -> [fd00:244::1]:0',
    ]);
  });

  it('masquerades Pods of this node that reach themselves, at whatever port', () => {
    const { members } = translate(calls(), pods, node);
    assert.deepEqual(
      members.filter(({ role }) => role === 'range-hairpin').map(({ entry }) => entry),
      [{ kind: 'address to itself', address: ip('10.244.1.1') }],
    );
  });

  it('has the scheduler, the affinity and the limits of its other virtual servers, and no single packets', () => {
    const annotations = {
      'kube-ipvs.io/scheduler': 'sh',
      'kube-ipvs.io/max-connections': '100/50',
      'kube-ipvs.io/drain-timeout': '5s',
    };
    const [row] = marked(translate(calls({ sessionAffinity: clientIp }, annotations), pods, node));
    assert.deepEqual(row?.virtualServer.settings, {
      scheduler: 'sh',
      persistence: { timeoutSeconds: 600, prefixLength: 32 },
      onePacket: false,
      schedulerFlags: 0,
      limited: true,
      owned: true,
    });
    assert.equal(row.drainTimeoutMs, 5000);
    assert.deepEqual(
      [...row.virtualServer.realServers.values()].map(({ upperThreshold }) => upperThreshold),
      [100, 100],
    );
  });
});

describe('affinity across ports', () => {
  const annotations = {
    'kube-ipvs.io/port-ranges': '10-20/UDP',
    'kube-ipvs.io/affinity-across-ports': 'true',
  };
  const across = (fields: Partial<Service>) =>
    service({
      sessionAffinity: clientIp,
      annotations: new Map([['kube-ipvs.io/affinity-across-ports', 'true']]),
      ...fields,
    });
  const ports = [
    servicePort({ name: 'sip', port: 5060 }),
    servicePort({ name: 'sips', port: 5061 }),
    servicePort({ name: 'web', port: 80 }),
  ];
  const slices = [
    slice([endpoint('10.244.1.1')], {
      ports: [
        endpointPort({ name: 'sip', port: 5060 }),
        endpointPort({ name: 'sips', port: 5061 }),
        endpointPort({ name: 'web', port: 8080 }),
      ],
    }),
  ];

  it('makes one virtual server of the ports that are their target ports, and names the others', () => {
    const translation = translate(across({ ports }), slices, node);
    assert.deepEqual(routes(translation), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
      'fwmark 1 (IPv4) -> 10.244.1.1:0',
    ]);
    assert.deepEqual(ranges(translation), ['10.96.0.1 TCP 5060-5061 mark 1 cluster']);
    assert.deepEqual(
      translation.problems.map(({ reason, value }) => [reason, value]),
      [['AffinityAcrossPortsIgnored', ['80/TCP']]],
    );
  });

  it('leaves node ports to virtual servers of their own', () => {
    const [sip] = ports;
    assert.ok(sip);
    const translation = translate(
      across({ ports: [{ ...sip, nodePort: 30_060 }] }),
      slices,
      place({ markOf: () => 1, nodePortAddresses: [ip('192.0.2.10')] }),
    );
    assert.deepEqual(routes(translation), [
      'TCP 192.0.2.10:30060 -> 10.244.1.1:5060',
      'fwmark 1 (IPv4) -> 10.244.1.1:0',
    ]);
  });

  it('goes with port ranges, in one virtual server', () => {
    const translation = translate(
      across({ ports: ports.slice(0, 1), annotations: new Map(Object.entries(annotations)) }),
      slices,
      node,
    );
    assert.deepEqual(routes(translation), ['fwmark 1 (IPv4) -> 10.244.1.1:0']);
    assert.deepEqual(ranges(translation), [
      '10.96.0.1 TCP 5060 mark 1 cluster',
      '10.96.0.1 UDP 10-20 mark 1 cluster',
    ]);
  });

  it('leaves its ports one by one at an address of the node itself, which has no ranges', () => {
    const fields = { ports: ports.slice(0, 1), externalIPs: [ip('192.0.2.10')] };
    const translation = translate(across(fields), slices, node);
    assert.deepEqual(routes(translation), [
      'TCP 192.0.2.10:5060 -> 10.244.1.1:5060',
      'fwmark 1 (IPv4) -> 10.244.1.1:0',
    ]);
    assert.deepEqual(translation.problems, []);
  });

  it('leaves all ports one by one where no mark is free, and a Service is told', () => {
    const fields = { ports: ports.slice(0, 1) };
    const translation = translate(across(fields), slices, place());
    assert.deepEqual(routes(translation), ['TCP 10.96.0.1:5060 -> 10.244.1.1:5060']);
    assert.deepEqual(
      translation.problems.map(({ reason, value }) => [reason, value]),
      [['AffinityAcrossPortsIgnored', ['5060/TCP']]],
    );
  });

  it('is nothing without session affinity, and a Service is told', () => {
    const translation = translate(
      across({ ports, sessionAffinity: { kind: 'None' } }),
      slices,
      node,
    );
    assert.equal(translation.portRanges, undefined);
    assert.deepEqual(
      translation.problems.map(({ reason }) => reason),
      ['AffinityAcrossPortsIgnored'],
    );
  });
});
