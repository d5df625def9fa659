import assert from 'node:assert/strict';
import type { EndpointSlice, Service } from '../../../src/cluster/objects.ts';
import type { Decision, EndpointFate } from '../../../src/translate/decisions.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import {
  draining,
  endpoint,
  endpointPort,
  gone,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import {
  decide as decideAbout,
  notMet,
  type RememberedDecisions,
} from '../../support/decisions.ts';
import { place } from '../../support/place.ts';

const met: Decision[] = [];

function decide(...given: Parameters<typeof decideAbout>): RememberedDecisions {
  const decisions = decideAbout(...given);
  met.push(...decisions.all);
  return decisions;
}

function endpointLines(of: Service, slices: readonly EndpointSlice[], at?: NodeFacts): string[] {
  return decide(of, slices, at).about('endpoint');
}

/** The reason alone, of an endpoint of the port TCP 80 for internal traffic in the slice web-1. */
function reasons(of: Service, slices: readonly EndpointSlice[], at?: NodeFacts): string[] {
  return endpointLines(of, slices, at).map((line) =>
    line.replace('port TCP 80, internal traffic: ', '').replace(' of EndpointSlice web-1', ''),
  );
}

const here = { nodeName: 'node-a' };
const local = { internalTrafficPolicy: 'Local' } as const;

describe('the decision about an endpoint', () => {
  it('is that it is used, or not ready, or terminating while others are ready', () => {
    const endpoints = [
      endpoint('10.244.1.1'),
      endpoint('10.244.1.2', notReady),
      endpoint('10.244.1.3', draining),
      endpoint('10.244.1.4', gone),
    ];
    assert.deepEqual(reasons(service(), [slice(endpoints)]), [
      '10.244.1.2:8080: not used: not ready',
      '10.244.1.3:8080: not used: terminating, while others are ready',
      '10.244.1.4:8080: not used: terminating, and no longer serving',
      '10.244.1.1:8080: used: ready',
    ]);
  });

  it('is that it is used while it terminates where none is ready', () => {
    const endpoints = [endpoint('10.244.1.3', draining), endpoint('10.244.1.4', gone)];
    assert.deepEqual(reasons(service(), [slice(endpoints)]), [
      '10.244.1.4:8080: not used: terminating, and no longer serving',
      '10.244.1.3:8080: used: terminating but serving, and none is ready',
    ]);
  });

  it('names the internal policy that leaves out those on other nodes', () => {
    const endpoints = [
      endpoint('10.244.1.1', here),
      endpoint('10.244.1.2'),
      endpoint('10.244.1.3', { nodeName: undefined }),
    ];
    assert.deepEqual(reasons(service(local), [slice(endpoints)]), [
      '10.244.1.2:8080: not used: internalTrafficPolicy is Local, and it is on node node-b',
      '10.244.1.3:8080: not used: internalTrafficPolicy is Local, and it is on no node that its slice names',
      '10.244.1.1:8080: used: ready',
    ]);
  });

  const external = service({
    externalIPs: [ip('198.51.100.20')],
    externalTrafficPolicy: 'Local',
  });

  it('goes by the external policy for external traffic alone', () => {
    const slices = [slice([endpoint('10.244.1.1', here), endpoint('10.244.1.2')])];
    const prefix = 'port TCP 80, ';
    const of = 'of EndpointSlice web-1';
    assert.deepEqual(endpointLines(external, slices), [
      `${prefix}internal traffic: 10.244.1.1:8080 ${of}: used: ready`,
      `${prefix}internal traffic: 10.244.1.2:8080 ${of}: used: ready`,
      `${prefix}external traffic: 10.244.1.2:8080 ${of}: not used: externalTrafficPolicy is Local, and it is on node node-b`,
      `${prefix}external traffic: 10.244.1.1:8080 ${of}: used: ready`,
    ]);
  });

  it('is that it serves Pods of this node alone where the external policy finds none here', () => {
    assert.deepEqual(endpointLines(external, [slice([endpoint('10.244.1.2')])]), [
      'port TCP 80, internal traffic: 10.244.1.2:8080 of EndpointSlice web-1: used: ready',
      'port TCP 80, external traffic: 10.244.1.2:8080 of EndpointSlice web-1: used for Pods of this node alone: ready; externalTrafficPolicy is Local, and no endpoint here can be used',
    ]);
  });

  it('is made for external traffic only where a front end has such traffic', () => {
    const all = decide(service({ externalTrafficPolicy: 'Local' }), [
      slice([endpoint('10.244.1.2')]),
    ]);
    assert.equal(all.about('endpoint').length, 1);
  });

  it('names the zones or nodes that its hints are for', () => {
    const hinted = (address: string, ...hintedZones: string[]) =>
      endpoint(address, { hintedZones });
    assert.deepEqual(
      reasons(service(), [slice([hinted('10.244.1.1', 'z1'), hinted('10.244.1.2', 'z2', 'z3')])]),
      [
        '10.244.1.2:8080: not used: its topology hints are for zone z2, z3',
        '10.244.1.1:8080: used: ready',
      ],
    );
    const forNode = (address: string, name: string) => endpoint(address, { hintedNodes: [name] });
    assert.deepEqual(
      reasons(service(), [
        slice([forNode('10.244.1.1', 'node-a'), forNode('10.244.1.2', 'node-b')]),
      ]),
      [
        '10.244.1.2:8080: not used: its topology hints are for node node-b',
        '10.244.1.1:8080: used: ready',
      ],
    );
  });

  it('names the slice that a repeated one counts in', () => {
    const slices = [
      slice([endpoint('10.244.1.1')]),
      slice([endpoint('10.244.1.1', notReady)], { name: 'web-2' }),
    ];
    assert.deepEqual(reasons(service(), slices), [
      '10.244.1.1:8080 of EndpointSlice web-2: counts as EndpointSlice web-1 has it, which lists it too',
      '10.244.1.1:8080: used: ready',
    ]);
  });

  it('names the slice with the best condition, whichever comes first', () => {
    const slices = [
      slice([endpoint('10.244.1.1', gone)], { name: 'web-0' }),
      slice([endpoint('10.244.1.1', draining)]),
      slice([endpoint('10.244.1.1')], { name: 'web-2' }),
    ];
    assert.deepEqual(reasons(service(), slices), [
      '10.244.1.1:8080 of EndpointSlice web-0: counts as EndpointSlice web-2 has it, which lists it too',
      '10.244.1.1:8080: counts as EndpointSlice web-2 has it, which lists it too',
      '10.244.1.1:8080 of EndpointSlice web-2: used: ready',
    ]);
  });

  it('is that its slice lists it twice', () => {
    const slices = [slice([endpoint('10.244.1.1', notReady), endpoint('10.244.1.1')])];
    assert.deepEqual(reasons(service(), slices), [
      '10.244.1.1:8080: listed twice by its slice: it counts once, in its better condition',
      '10.244.1.1:8080: used: ready',
    ]);
  });

  it('says why one is refused', () => {
    const at = place({
      isVip: ({ text }) => text === '10.96.0.2',
      serviceAt: () => 'default/other',
    });
    const endpoints = [endpoint('127.0.0.1'), endpoint('10.96.0.2'), endpoint('10.244.1.1')];
    assert.deepEqual(reasons(service(), [slice(endpoints)], at), [
      '127.0.0.1:8080: refused: its address is loopback',
      '10.96.0.2:8080: refused: its address is a VIP of Service default/other',
      '10.244.1.1:8080: used: ready',
    ]);
  });

  it('names the ports that its slice has instead of the one that is looked for', () => {
    const ports = [endpointPort({ name: 'web' }), endpointPort({ protocol: 'UDP', port: 53 })];
    assert.deepEqual(reasons(service(), [slice([endpoint('10.244.1.1')], { ports })]), [
      '10.244.1.1: not used: its slice has no TCP port without a name, but web (TCP 8080), UDP 53',
    ]);
    assert.deepEqual(
      endpointLines(service({ ports: [servicePort({ name: 'http' })] }), [
        slice([endpoint('10.244.1.1')], { ports: [] }),
      ]),
      [
        'port http (TCP 80), internal traffic: 10.244.1.1 of EndpointSlice web-1: not used: its slice has no TCP port named "http", but none',
      ],
    );
  });

  it('is that the Service is not served in its family', () => {
    assert.deepEqual(reasons(service(), [slice([endpoint('fd00:244::1')])]), [
      'fd00:244::1: not used: the Service has no cluster IP of IPv6',
    ]);
  });

  it('is made in its own family alone where the Service is served in both', () => {
    const clusterIPs = [ip('10.96.0.1'), ip('fd00:96::1')];
    const slices = [slice([endpoint('10.244.1.1')]), slice([endpoint('fd00:244::1')])];
    assert.deepEqual(reasons(service({ clusterIPs }), slices), [
      '10.244.1.1:8080: used: ready',
      '[fd00:244::1]:8080: used: ready',
    ]);
  });

  it('is made for each port', () => {
    const ports = [servicePort(), servicePort({ name: 'b', port: 81 })];
    const targets = [endpointPort(), endpointPort({ name: 'b', port: 8081 })];
    assert.deepEqual(
      endpointLines(service({ ports }), [slice([endpoint('10.244.1.1')], { ports: targets })]),
      [
        'port TCP 80, internal traffic: 10.244.1.1:8080 of EndpointSlice web-1: used: ready',
        'port b (TCP 81), internal traffic: 10.244.1.1:8081 of EndpointSlice web-1: used: ready',
      ],
    );
  });

  it('names the weight of one that is used, and the rule that gives it', () => {
    const weights = { 'same-node': 10, 'same-zone': 5, other: 0 };
    const annotations = new Map([['kube-ipvs.io/weights', 'node']]);
    const pods = [
      endpoint('10.244.1.1', { nodeName: 'node-a' }),
      endpoint('10.244.1.2', { zone: 'z1' }),
      endpoint('10.244.1.3', { nodeName: 'node-c' }),
      endpoint('10.244.1.4'),
    ];
    const slices = [slice(pods), slice([endpoint('10.244.1.9')], { name: 'web-2', weight: 0 })];
    const at = place({ nodeWeight: (name) => (name === 'node-c' ? 20 : undefined) });
    const decided = decide(service({ annotations }), slices, at, { localityWeights: weights });
    met.push(...decided.all);
    const traffic = 'port TCP 80, internal traffic: ';
    assert.deepEqual(
      decided.about('endpoint').map((line) => line.replace(traffic, '')),
      [
        '10.244.1.1:8080 of EndpointSlice web-1: used: ready, weight 10 by locality same-node',
        '10.244.1.2:8080 of EndpointSlice web-1: used: ready, weight 5 by locality same-zone',
        '10.244.1.3:8080 of EndpointSlice web-1: used: ready, weight 20 by its Node node-c',
        '10.244.1.4:8080 of EndpointSlice web-1: not used: weight 0 by locality other, and others have more',
        '10.244.1.9:8080 of EndpointSlice web-2: not used: weight 0 by EndpointSlice web-2, and others have more',
      ],
    );
  });

  it('was of each kind in these tests', () => {
    const fates: Readonly<Record<EndpointFate['kind'], true>> = {
      used: true,
      'not ready': true,
      'terminating while others are ready': true,
      'on another node': true,
      'hinted elsewhere': true,
      repeated: true,
      refused: true,
      'no such port': true,
      'another family': true,
      'weight 0': true,
    };
    const ofEndpoints = met.filter(({ about }) => about === 'endpoint');
    assert.deepEqual(
      notMet(
        fates,
        ofEndpoints.map(({ fate }) => fate.kind),
      ),
      [],
    );
  });
});
