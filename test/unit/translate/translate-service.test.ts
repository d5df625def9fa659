import assert from 'node:assert/strict';
import { realServer } from '../../support/ipvs-examples.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import {
  draining,
  endpoint,
  endpointPort,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { onePod, routes, translate } from '../../support/translation.ts';

describe('a Service becomes nothing', () => {
  const nothing: Translation = {
    virtualServers: [],
    boundAddresses: [],
    members: [],
    portRanges: undefined,
    healthCheck: undefined,
    problems: [],
    withoutLocalEndpoints: { internal: false, external: false },
    needsNodeWeights: false,
  };

  it('without a cluster IP (headless, ExternalName)', () => {
    assert.deepEqual(translate(service({ clusterIPs: [] })), nothing);
  });

  it('where its label leaves it to another proxy', () => {
    assert.deepEqual(translate(service({ proxyName: 'someone-else' })), nothing);
  });

  it('where that label is there and empty', () => {
    assert.deepEqual(translate(service({ proxyName: '' })), nothing);
  });

  it('and has no problems then', () => {
    const annotations = new Map([['kube-ipvs.io/scheduler', 'nonsense']]);
    assert.deepEqual(translate(service({ clusterIPs: [], annotations })), nothing);
  });
});

describe('a Service becomes virtual servers', () => {
  it('one for its cluster IP and port, with its endpoints as real servers', () => {
    const slices = [slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')])];
    assert.deepEqual(routes(translate(service(), slices)), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080 10.244.1.2:8080',
    ]);
  });

  it('whose real servers are masq with weight 1', () => {
    const [row] = translate(service()).virtualServers;
    const expected = realServer('10.244.1.1', { method: 'masq', weight: 1 });
    assert.deepEqual(row?.virtualServer.realServers, new Map([['10.244.1.1:8080', expected]]));
  });

  it('one for each port and protocol', () => {
    const ports = [
      servicePort({ name: 'dns', protocol: 'UDP', port: 53 }),
      servicePort({ name: 'dns-tcp', protocol: 'TCP', port: 53 }),
      servicePort({ name: 'sig', protocol: 'SCTP', port: 3868 }),
    ];
    const slices = [
      slice([endpoint('10.244.1.1')], {
        ports: [
          endpointPort({ name: 'sig', protocol: 'SCTP', port: 3868 }),
          endpointPort({ name: 'dns', protocol: 'UDP', port: 5353 }),
          endpointPort({ name: 'dns-tcp', protocol: 'TCP', port: 5354 }),
        ],
      }),
    ];
    assert.deepEqual(routes(translate(service({ ports }), slices)), [
      'UDP 10.96.0.1:53 -> 10.244.1.1:5353',
      'TCP 10.96.0.1:53 -> 10.244.1.1:5354',
      'SCTP 10.96.0.1:3868 -> 10.244.1.1:3868',
    ]);
  });

  it('one for each family, with the endpoints of that family', () => {
    const clusterIPs = [ip('10.96.0.1'), ip('fd00:96::1')];
    const slices = [...onePod, slice([endpoint('fd00:244::1')], { name: 'web-2' })];
    const translation = translate(service({ clusterIPs }), slices);
    assert.deepEqual(routes(translation), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
      'TCP [fd00:96::1]:80 -> [fd00:244::1]:8080',
    ]);
  });

  it('of which one may be empty while the other family has endpoints', () => {
    const clusterIPs = [ip('10.96.0.1'), ip('fd00:96::1')];
    assert.deepEqual(routes(translate(service({ clusterIPs }))), [
      'TCP 10.96.0.1:80 -> 10.244.1.1:8080',
      'TCP [fd00:96::1]:80 -> ',
    ]);
  });

  it('not for a cluster IP family that it has not, whatever slices there are', () => {
    const slices = [slice([endpoint('fd00:244::1')])];
    assert.deepEqual(routes(translate(service(), slices)), ['TCP 10.96.0.1:80 -> ']);
  });

  it('empty where there are no slices', () => {
    assert.deepEqual(routes(translate(service(), [])), ['TCP 10.96.0.1:80 -> ']);
  });

  it('empty where no endpoint is usable', () => {
    const slices = [slice([endpoint('10.244.1.1', notReady)])];
    assert.deepEqual(routes(translate(service(), slices)), ['TCP 10.96.0.1:80 -> ']);
  });

  it('none where it has no port that could be used', () => {
    const translation = translate(service({ ports: [] }));
    assert.deepEqual(translation.virtualServers, []);
    assert.deepEqual(translation.boundAddresses, []);
  });

  it('with the topology of the node', () => {
    const slices = [
      slice([
        endpoint('10.244.1.1', { hintedZones: ['z1'] }),
        endpoint('10.244.1.2', { hintedZones: ['z2'] }),
      ]),
    ];
    assert.deepEqual(routes(translate(service(), slices)), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080']);
  });

  it('with one real server where two slices have the same endpoint', () => {
    const slices = [
      slice([endpoint('10.244.1.1', notReady)]),
      slice([endpoint('10.244.1.1')], { name: 'web-2' }),
    ];
    assert.deepEqual(routes(translate(service(), slices)), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080']);
  });
});

describe('internalTrafficPolicy Local', () => {
  const local = service({ internalTrafficPolicy: 'Local' });

  it('limits the cluster IP to endpoints of this node', () => {
    const slices = [
      slice([endpoint('10.244.1.1'), endpoint('10.244.2.2', { nodeName: 'node-a' })]),
    ];
    assert.deepEqual(routes(translate(local, slices)), ['TCP 10.96.0.1:80 -> 10.244.2.2:8080']);
  });

  it('leaves the virtual server empty where this node has none', () => {
    assert.deepEqual(routes(translate(local)), ['TCP 10.96.0.1:80 -> ']);
  });

  it('falls back on terminating endpoints of this node, while others are ready elsewhere', () => {
    const slices = [
      slice([endpoint('10.244.1.1'), endpoint('10.244.2.2', { nodeName: 'node-a', ...draining })]),
    ];
    assert.deepEqual(routes(translate(local, slices)), ['TCP 10.96.0.1:80 -> 10.244.2.2:8080']);
  });
});

describe('session affinity', () => {
  it('ClientIP makes every virtual server persistent for its time, whole client addresses apart', () => {
    const { virtualServers } = translate(
      service({
        clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')],
        sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 600 },
      }),
    );
    assert.deepEqual(
      virtualServers.map(({ virtualServer }) => virtualServer.settings.persistence),
      [
        { timeoutSeconds: 600, prefixLength: 32 },
        { timeoutSeconds: 600, prefixLength: 128 },
      ],
    );
  });

  it('None makes none persistent', () => {
    const [row] = translate(service()).virtualServers;
    assert.ok(row !== undefined);
    assert.equal(row.virtualServer.settings.persistence, undefined);
  });
});

describe('the scheduler', () => {
  function schedulersOf(annotations: ReadonlyMap<string, string>): string[] {
    const ports = [servicePort(), servicePort({ name: 'b', port: 81 })];
    return translate(service({ ports, annotations })).virtualServers.map(
      ({ virtualServer }) => virtualServer.settings.scheduler,
    );
  }

  it('is that of the configuration', () => {
    assert.deepEqual(schedulersOf(new Map()), ['lc', 'lc']);
  });

  it('is that of the annotation, for every virtual server of the Service', () => {
    assert.deepEqual(schedulersOf(new Map([['kube-ipvs.io/scheduler', 'mh']])), ['mh', 'mh']);
  });

  it('that is not known costs the Service its choice alone, and is one problem', () => {
    const annotations = new Map([['kube-ipvs.io/scheduler', 'best']]);
    const translation = translate(service({ annotations }));
    assert.deepEqual(routes(translation), ['TCP 10.96.0.1:80 -> 10.244.1.1:8080']);
    assert.equal(translation.virtualServers[0]?.virtualServer.settings.scheduler, 'lc');
    assert.deepEqual(
      translation.problems.map(({ object, value }) => ({ object, value })),
      [{ object: 'Service default/web', value: 'best' }],
    );
  });
});

describe('bound addresses', () => {
  it('are the cluster IPs, each once, however many ports there are', () => {
    const clusterIPs = [ip('10.96.0.1'), ip('fd00:96::1')];
    const ports = [servicePort(), servicePort({ name: 'b', port: 81 })];
    assert.deepEqual(translate(service({ clusterIPs, ports })).boundAddresses.map(String), [
      '10.96.0.1',
      'fd00:96::1',
    ]);
  });

  it('are there for a Service without endpoints', () => {
    assert.deepEqual(translate(service(), []).boundAddresses.map(String), ['10.96.0.1']);
  });
});

describe('translation', () => {
  it('gives equal rows for equal input', () => {
    const again = [slice([endpoint('10.244.1.1')])];
    assert.deepEqual(translate(service(), again), translate(service()));
  });
});
