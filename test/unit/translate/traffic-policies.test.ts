import assert from 'node:assert/strict';
import type { Endpoint, Service } from '../../../src/cluster/objects.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import {
  draining,
  endpoint,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { nodeAt, routes, translate } from '../../support/translation.ts';

/** Every kind of front end; the node has two addresses of IPv4. */
const everywhere = service({
  ports: [servicePort({ nodePort: 30_080 })],
  externalIPs: [ip('198.51.100.20')],
  loadBalancerIPs: [ip('203.0.113.10')],
});
const externalLocal: Service = { ...everywhere, externalTrafficPolicy: 'Local' };
const internalLocal: Service = { ...everywhere, internalTrafficPolicy: 'Local' };
const bothLocal: Service = { ...externalLocal, internalTrafficPolicy: 'Local' };

const here = { nodeName: 'node-a' };

/** Where connections to the cluster IP go, and to all the other front ends, which agree. */
function traffic(
  of: Service,
  endpoints: readonly Endpoint[],
  at: NodeFacts = nodeAt,
): { internal: string; external: string } {
  const [internal, ...external] = routes(translate(of, [slice(endpoints)], at));
  const target = (route: string | undefined) => route?.replace(/^.* -> /, '') ?? 'no front end';
  assert.match(internal ?? '', /^TCP 10\.96\.0\.1:80 /);
  assert.deepEqual(
    external.map((route) => route.replace(/ -> .*$/, '')),
    ['TCP 198.51.100.20:80', 'TCP 203.0.113.10:80', 'TCP 192.0.2.10:30080', 'TCP 198.18.0.5:30080'],
  );
  assert.equal(new Set(external.map(target)).size, 1, 'all external front ends agree');
  return { internal: target(internal), external: target(external[0]) };
}

const near = endpoint('10.244.2.2', here);
const far = endpoint('10.244.1.1');
const [nearKey, farKey] = ['10.244.2.2:8080', '10.244.1.1:8080'];

describe('policy Cluster', () => {
  it('sends all traffic to all endpoints', () => {
    const all = `${farKey} ${nearKey}`;
    assert.deepEqual(traffic(everywhere, [far, near]), { internal: all, external: all });
  });

  it('shares one map of real servers among all front ends', () => {
    const { virtualServers } = translate(everywhere, [slice([far, near])]);
    assert.equal(virtualServers.length, 5);
    assert.equal(new Set(virtualServers.map((row) => row.virtualServer.realServers)).size, 1);
  });

  it('leaves every front end empty where there is no endpoint', () => {
    assert.deepEqual(traffic(everywhere, []), { internal: '', external: '' });
  });
});

describe('externalTrafficPolicy Local', () => {
  it('limits external traffic to endpoints of this node', () => {
    assert.deepEqual(traffic(externalLocal, [far, near]), {
      internal: `${farKey} ${nearKey}`,
      external: nearKey,
    });
  });

  it('sends it to all endpoints where this node has none, for the Pods here', () => {
    assert.deepEqual(traffic(externalLocal, [far]), { internal: farKey, external: farKey });
  });

  it('sends it to all where the one of this node is neither ready nor serving', () => {
    assert.deepEqual(traffic(externalLocal, [far, { ...near, ...notReady }]), {
      internal: farKey,
      external: farKey,
    });
  });

  it('sends it to a terminating endpoint here before ready ones elsewhere', () => {
    assert.deepEqual(traffic(externalLocal, [far, { ...near, ...draining }]), {
      internal: farKey,
      external: nearKey,
    });
  });

  it('sends all traffic to terminating endpoints where none is ready, external traffic to those here', () => {
    const endpoints = [
      { ...far, ...draining },
      { ...near, ...draining },
    ];
    assert.deepEqual(traffic(externalLocal, endpoints), {
      internal: `${farKey} ${nearKey}`,
      external: nearKey,
    });
  });

  it('does not take an endpoint without a node name for one of this node', () => {
    const nowhere = { ...near, nodeName: undefined };
    assert.deepEqual(traffic(externalLocal, [nowhere]), { internal: nearKey, external: nearKey });
    const both = traffic(externalLocal, [nowhere, endpoint('10.244.2.3', here)]);
    assert.equal(both.external, '10.244.2.3:8080');
  });

  it('takes the endpoints here whatever their hints, and others by their hints', () => {
    const inZone = { ...far, hintedZones: ['z1'] };
    const hinted = [inZone, { ...near, hintedZones: ['z2'] }];
    assert.deepEqual(traffic(externalLocal, hinted), { internal: farKey, external: nearKey });
    const noneHere = [inZone, endpoint('10.244.1.3', { hintedZones: ['z2'] })];
    assert.deepEqual(traffic(externalLocal, noneHere), { internal: farKey, external: farKey });
  });

  it('does not change what cluster IPs without other front ends do', () => {
    const plain = service({ externalTrafficPolicy: 'Local' });
    assert.deepEqual(routes(translate(plain, [slice([far, near])])), [
      `TCP 10.96.0.1:80 -> ${farKey} ${nearKey}`,
    ]);
  });

  it('counts for each family by itself', () => {
    const dualStack: Service = {
      ...externalLocal,
      clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')],
      externalIPs: [],
      loadBalancerIPs: [ip('203.0.113.10'), ip('2001:db8:2::10')],
      ports: [servicePort()],
    };
    const slices = [slice([far, near]), slice([endpoint('fd00:244:1::1')], { name: 'web-2' })];
    assert.deepEqual(routes(translate(dualStack, slices)), [
      `TCP 10.96.0.1:80 -> ${farKey} ${nearKey}`,
      `TCP 203.0.113.10:80 -> ${nearKey}`,
      'TCP [fd00:96::1]:80 -> [fd00:244:1::1]:8080',
      'TCP [2001:db8:2::10]:80 -> [fd00:244:1::1]:8080',
    ]);
  });

  it('counts for each port by itself', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 81 })];
    const of: Service = { ...externalLocal, ports, externalIPs: [] };
    const port = (name: string) => [{ name, protocol: 'TCP', port: 8080 } as const];
    const slices = [
      slice([far, near], { ports: port('a') }),
      slice([far], { name: 'web-2', ports: port('b') }),
    ];
    const external = routes(translate(of, slices)).filter((route) => route.includes('203.0.113'));
    assert.deepEqual(external, [
      `TCP 203.0.113.10:80 -> ${nearKey}`,
      `TCP 203.0.113.10:81 -> ${farKey}`,
    ]);
  });
});

describe('internalTrafficPolicy Local', () => {
  it('limits cluster IPs and nothing else', () => {
    assert.deepEqual(traffic(internalLocal, [far, near]), {
      internal: nearKey,
      external: `${farKey} ${nearKey}`,
    });
  });

  it('leaves cluster IPs empty where this node has no endpoint', () => {
    assert.deepEqual(traffic(internalLocal, [far]), { internal: '', external: farKey });
  });

  it('with externalTrafficPolicy Local as well limits both', () => {
    assert.deepEqual(traffic(bothLocal, [far, near]), { internal: nearKey, external: nearKey });
  });

  it('with externalTrafficPolicy Local as well leaves cluster IPs empty where this node has none', () => {
    assert.deepEqual(traffic(bothLocal, [far]), { internal: '', external: farKey });
  });
});

describe('topology hints', () => {
  const hinted = [
    endpoint('10.244.1.1', { hintedZones: ['z1'] }),
    endpoint('10.244.1.2', { hintedZones: ['z2'] }),
  ];

  it('count on every front end', () => {
    assert.deepEqual(traffic(everywhere, hinted), { internal: farKey, external: farKey });
  });

  it('that one ready endpoint lacks do not count on any', () => {
    const all = `${farKey} 10.244.1.2:8080 10.244.1.3:8080`;
    assert.deepEqual(traffic(everywhere, [...hinted, endpoint('10.244.1.3')]), {
      internal: all,
      external: all,
    });
  });

  it('do not count where a refused endpoint is the only one for the zone', () => {
    const loop = endpoint('127.0.0.1', { hintedZones: ['z1'] });
    const [, elsewhere] = hinted;
    assert.ok(elsewhere);
    assert.equal(traffic(everywhere, [loop, elsewhere]).internal, '10.244.1.2:8080');
  });
});
