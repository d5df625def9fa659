import assert from 'node:assert/strict';
import type { Endpoint, EndpointSlice } from '../../../src/cluster/objects.ts';
import {
  clusterEndpoints,
  endpointsOfPort,
  localEndpoints,
  type PortEndpoints,
} from '../../../src/translate/endpoints.ts';
import {
  draining,
  endpoint,
  endpointPort,
  gone,
  notReady,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';

const here = place();
const onThisNode = { nodeName: 'node-a' };

function addresses(all: readonly PortEndpoints[]): string[] {
  return all.flatMap(({ endpoints, targetPort }) =>
    endpoints.map(({ address }) => `${address.text}:${targetPort}`),
  );
}

function endpointsOf(...slices: EndpointSlice[]): readonly PortEndpoints[] {
  return endpointsOfPort(servicePort(), 'IPv4', slices);
}

function cluster(endpoints: readonly Endpoint[], place = here): string[] {
  return addresses(clusterEndpoints(endpointsOf(slice(endpoints)), place));
}

function local(endpoints: readonly Endpoint[]): string[] {
  return addresses(localEndpoints(endpointsOf(slice(endpoints)), here));
}

describe('endpoints of a Service port', () => {
  it('come from all its slices', () => {
    const found = endpointsOf(
      slice([endpoint('10.244.1.1')]),
      slice([endpoint('10.244.1.2')], { name: 'web-2' }),
    );
    assert.deepEqual(addresses(found), ['10.244.1.1:8080', '10.244.1.2:8080']);
  });

  it('are those of the port with its name', () => {
    const ports = [
      endpointPort({ name: 'http', port: 8080 }),
      endpointPort({ name: 'admin', port: 9090 }),
    ];
    const slices = [slice([endpoint('10.244.1.1')], { ports })];
    const found = endpointsOfPort(servicePort({ name: 'admin' }), 'IPv4', slices);
    assert.deepEqual(addresses(found), ['10.244.1.1:9090']);
  });

  it('are those of the port with its protocol', () => {
    const slices = [
      slice([endpoint('10.244.1.1')], { ports: [endpointPort({ protocol: 'UDP' })] }),
    ];
    assert.deepEqual(endpointsOfPort(servicePort({ protocol: 'TCP' }), 'IPv4', slices), []);
    const [found] = endpointsOfPort(servicePort({ protocol: 'UDP' }), 'IPv4', slices);
    assert.equal(found?.targetPort, 8080);
  });

  it('have the target port that their own slice gives', () => {
    const found = endpointsOf(
      slice([endpoint('10.244.1.1')], { ports: [endpointPort({ port: 8080 })] }),
      slice([endpoint('10.244.1.2')], { ports: [endpointPort({ port: 8888 })] }),
    );
    assert.deepEqual(addresses(found), ['10.244.1.1:8080', '10.244.1.2:8888']);
  });

  it('are not taken from a slice that lacks the port', () => {
    const ports = [endpointPort({ name: 'other' })];
    assert.deepEqual(endpointsOf(slice([endpoint('10.244.1.1')], { ports })), []);
  });

  it('are not taken from a slice of the other family', () => {
    assert.deepEqual(endpointsOf(slice([endpoint('fd00:244::1')])), []);
  });

  it('are two where one address has two target ports', () => {
    const found = endpointsOf(
      slice([endpoint('10.244.1.1')], { ports: [endpointPort({ port: 8080 })] }),
      slice([endpoint('10.244.1.1')], { ports: [endpointPort({ port: 8888 })] }),
    );
    assert.deepEqual(addresses(found), ['10.244.1.1:8080', '10.244.1.1:8888']);
  });

  const conditions = [
    ['ready', {}],
    ['serving', draining],
    ['not ready', notReady],
  ] as const;
  for (const [index, [better, good]] of conditions.entries()) {
    for (const [worse, bad] of conditions.slice(index + 1)) {
      it(`count once, in their best condition: ${better} in one slice, ${worse} in another`, () => {
        const one = slice([endpoint('10.244.1.1', good)]);
        const other = slice([endpoint('10.244.1.1', bad)], { name: 'web-2' });
        for (const slices of [
          [one, other],
          [other, one],
        ]) {
          const found = endpointsOf(...slices).flatMap(({ endpoints }) => endpoints);
          assert.deepEqual(found, [endpoint('10.244.1.1', good)]);
        }
      });
    }
  }
});

describe('endpoints for cluster-wide traffic', () => {
  it('are the ready ones, on whatever node', () => {
    assert.deepEqual(
      cluster([
        endpoint('10.244.1.1'),
        endpoint('10.244.1.2', notReady),
        endpoint('10.244.2.3', onThisNode),
      ]),
      ['10.244.1.1:8080', '10.244.2.3:8080'],
    );
  });

  it('include a ready one that is terminating (publishNotReadyAddresses)', () => {
    assert.deepEqual(cluster([endpoint('10.244.1.1', { terminating: true })]), ['10.244.1.1:8080']);
  });

  it('leave out the terminating ones while one is ready', () => {
    assert.deepEqual(cluster([endpoint('10.244.1.1', draining), endpoint('10.244.1.2')]), [
      '10.244.1.2:8080',
    ]);
  });

  it('are the serving and terminating ones where none is ready (KEP-1669)', () => {
    assert.deepEqual(
      cluster([
        endpoint('10.244.1.1', draining),
        endpoint('10.244.1.2', gone),
        endpoint('10.244.1.3', notReady),
      ]),
      ['10.244.1.1:8080'],
    );
  });

  it('do not fall back on one that serves without being ready or terminating', () => {
    assert.deepEqual(cluster([endpoint('10.244.1.1', { ready: false })]), []);
  });

  it('are none where none is ready, serving or terminating', () => {
    assert.deepEqual(cluster([endpoint('10.244.1.1', notReady)]), []);
    assert.deepEqual(cluster([]), []);
  });
});

describe('endpoints for traffic of policy Local', () => {
  it('are the ready ones of this node', () => {
    assert.deepEqual(
      local([
        endpoint('10.244.1.1'),
        endpoint('10.244.2.2', onThisNode),
        endpoint('10.244.2.3', { ...onThisNode, ...notReady }),
      ]),
      ['10.244.2.2:8080'],
    );
  });

  it('do not include one whose node is not known', () => {
    assert.deepEqual(local([endpoint('10.244.2.2', { nodeName: undefined })]), []);
  });

  it('are the terminating ones of this node where none of it is ready, whatever others are', () => {
    assert.deepEqual(
      local([endpoint('10.244.1.1'), endpoint('10.244.2.2', { ...onThisNode, ...draining })]),
      ['10.244.2.2:8080'],
    );
  });

  it('are none where this node has none', () => {
    assert.deepEqual(local([endpoint('10.244.1.1'), endpoint('10.244.1.2', draining)]), []);
  });

  it('do not depend on topology hints', () => {
    assert.deepEqual(
      local([
        endpoint('10.244.1.1', { hintedZones: ['z1'] }),
        endpoint('10.244.2.2', { ...onThisNode, hintedZones: ['z2'] }),
      ]),
      ['10.244.2.2:8080'],
    );
  });
});

describe('topology hints', () => {
  const forZ1 = endpoint('10.244.1.1', { hintedZones: ['z1'] });
  const forZ2 = endpoint('10.244.1.2', { hintedZones: ['z2'] });

  it('keep cluster-wide traffic in the zone of the node', () => {
    assert.deepEqual(cluster([forZ1, forZ2]), ['10.244.1.1:8080']);
  });

  it('may name several zones', () => {
    const forBoth = endpoint('10.244.1.3', { hintedZones: ['z2', 'z1'] });
    assert.deepEqual(cluster([forZ2, forBoth]), ['10.244.1.3:8080']);
  });

  it('do not count where one ready endpoint has none', () => {
    assert.deepEqual(cluster([forZ1, forZ2, endpoint('10.244.1.3')]), [
      '10.244.1.1:8080',
      '10.244.1.2:8080',
      '10.244.1.3:8080',
    ]);
  });

  it('count where an endpoint without them is not ready', () => {
    assert.deepEqual(cluster([forZ1, forZ2, endpoint('10.244.1.3', notReady)]), [
      '10.244.1.1:8080',
    ]);
  });

  it('do not count where none is for the zone of the node', () => {
    assert.deepEqual(cluster([forZ2]), ['10.244.1.2:8080']);
  });

  it('do not count where the only endpoint for the zone is not ready', () => {
    const notReadyInZ1 = endpoint('10.244.1.3', { ...notReady, hintedZones: ['z1'] });
    assert.deepEqual(cluster([forZ2, notReadyInZ1]), ['10.244.1.2:8080']);
  });

  it('do not count where the zone of the node is not known', () => {
    assert.deepEqual(cluster([forZ1, forZ2], place({ zone: undefined })), [
      '10.244.1.1:8080',
      '10.244.1.2:8080',
    ]);
  });

  it('do not count for terminating endpoints', () => {
    assert.deepEqual(
      cluster([
        endpoint('10.244.1.1', { ...draining, hintedZones: ['z1'] }),
        endpoint('10.244.1.2', { ...draining, hintedZones: ['z2'] }),
      ]),
      ['10.244.1.1:8080', '10.244.1.2:8080'],
    );
  });

  it('for this node go before those for its zone', () => {
    assert.deepEqual(
      cluster([
        endpoint('10.244.1.1', { hintedZones: ['z1'], hintedNodes: ['node-b'] }),
        endpoint('10.244.2.2', { hintedZones: ['z2'], hintedNodes: ['node-a'] }),
      ]),
      ['10.244.2.2:8080'],
    );
  });

  it('for the zone count where none is for this node', () => {
    assert.deepEqual(
      cluster([
        endpoint('10.244.1.1', { hintedZones: ['z1'], hintedNodes: ['node-b'] }),
        endpoint('10.244.1.2', { hintedZones: ['z2'], hintedNodes: ['node-c'] }),
      ]),
      ['10.244.1.1:8080'],
    );
  });

  it('for the zone count where only some endpoints have one for a node', () => {
    assert.deepEqual(
      cluster([
        endpoint('10.244.1.1', { hintedZones: ['z1'] }),
        endpoint('10.244.2.2', { hintedZones: ['z2'], hintedNodes: ['node-a'] }),
      ]),
      ['10.244.1.1:8080'],
    );
  });

  it('for this node count where its zone is not known', () => {
    assert.deepEqual(
      cluster(
        [
          endpoint('10.244.1.1', { hintedNodes: ['node-b'] }),
          endpoint('10.244.2.2', { hintedNodes: ['node-a'] }),
        ],
        place({ zone: undefined }),
      ),
      ['10.244.2.2:8080'],
    );
  });
});
