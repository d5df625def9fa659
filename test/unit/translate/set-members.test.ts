import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { formatEntry } from '../../../src/kernel/packet-filter/filter-entry.ts';
import { formatVirtualServer } from '../../../src/kernel/ipvs/model.ts';
import type { Translation } from '../../../src/translate/desired.ts';
import type { FilterMember, FilterRole } from '../../../src/kernel/packet-filter/filter-member.ts';
import {
  cidr,
  endpoint,
  endpointPort,
  ip,
  notReady,
  service,
  servicePort,
  slice,
} from '../../support/cluster-objects.ts';
import { place } from '../../support/place.ts';
import { nodeAt, onePod, translate } from '../../support/translation.ts';

const here = { nodeName: 'node-a' };
const onePodHere = [slice([endpoint('10.244.0.1', here)])];

/** A Service with a front end of every kind. */
const everywhere: Partial<Service> = {
  ports: [servicePort({ nodePort: 30_080 })],
  externalIPs: [ip('198.51.100.20')],
  loadBalancerIPs: [ip('203.0.113.10')],
};
const everyFrontEnd = [
  'TCP 10.96.0.1:80',
  'TCP 198.51.100.20:80',
  'TCP 203.0.113.10:80',
  'TCP 192.0.2.10:30080',
  'TCP 198.18.0.5:30080',
];

function textOf({ role, entry }: FilterMember): string {
  return `${role} ${formatEntry(entry)}`;
}

/** All that a Service wants in the sets, front ends first. */
function membersOf({ virtualServers, members }: Translation): string[] {
  return [...virtualServers.flatMap((row) => row.members), ...members].map(textOf);
}

/** The entries of one set. */
function inSet(role: FilterRole, translation: Translation): string[] {
  return membersOf(translation)
    .filter((text) => text.startsWith(`${role} `))
    .map((text) => text.slice(role.length + 1));
}

/** The set in which each front end stands, by its text. */
function rolesOf(translation: Translation): Record<string, string> {
  const roles = ['cluster', 'external', 'local', 'node-only', 'refused'] as const;
  return Object.fromEntries(
    roles.flatMap((role) => inSet(role, translation).map((entry) => [entry, role])),
  );
}

describe('the front ends of a Service in the sets', () => {
  it('are masqueraded under policy Cluster, but for cluster IPs, which depend on the source', () => {
    const [clusterIP = '', ...external] = everyFrontEnd;
    assert.deepEqual(rolesOf(translate(service(everywhere))), {
      [clusterIP]: 'cluster',
      ...Object.fromEntries(external.map((text) => [text, 'external'])),
    });
  });

  it('keep the client address under policy Local with an endpoint on this node', () => {
    const of = service({ ...everywhere, externalTrafficPolicy: 'Local' });
    const [clusterIP = '', ...external] = everyFrontEnd;
    assert.deepEqual(rolesOf(translate(of, onePodHere)), {
      [clusterIP]: 'cluster',
      ...Object.fromEntries(external.map((text) => [text, 'local'])),
    });
  });

  it('are for Pods of this node alone under policy Local without an endpoint here', () => {
    const of = service({ ...everywhere, externalTrafficPolicy: 'Local' });
    const [clusterIP = '', ...external] = everyFrontEnd;
    assert.deepEqual(rolesOf(translate(of)), {
      [clusterIP]: 'cluster',
      ...Object.fromEntries(external.map((text) => [text, 'node-only'])),
    });
  });

  it('are refused without endpoints, whatever the policy', () => {
    for (const externalTrafficPolicy of ['Cluster', 'Local'] as const) {
      const of = service({ ...everywhere, externalTrafficPolicy });
      const none = [slice([endpoint('10.244.1.1', notReady)])];
      assert.deepEqual(
        rolesOf(translate(of, none)),
        Object.fromEntries(everyFrontEnd.map((text) => [text, 'refused'])),
      );
    }
  });

  it('are refused where the only endpoints are not for this node', () => {
    const internal = service({ internalTrafficPolicy: 'Local' });
    assert.deepEqual(rolesOf(translate(internal)), { 'TCP 10.96.0.1:80': 'refused' });
  });

  it('stand in one set of a front end each', () => {
    const of = service({ ...everywhere, externalTrafficPolicy: 'Local' });
    const translation = translate(of);
    for (const row of translation.virtualServers) {
      assert.equal(row.members.length, 1);
      const [member] = row.members;
      assert.equal(member && formatEntry(member.entry), formatVirtualServer(row.virtualServer.id));
    }
  });

  it('carry the protocol: the same port of another protocol is another front end', () => {
    const ports = (['TCP', 'UDP', 'SCTP'] as const).map((protocol) =>
      servicePort({ name: protocol.toLowerCase(), protocol }),
    );
    const slices = [
      slice([endpoint('10.244.1.1')], {
        ports: ports.map(({ name, protocol }) => endpointPort({ name, protocol })),
      }),
    ];
    assert.deepEqual(inSet('cluster', translate(service({ ports }), slices)), [
      'TCP 10.96.0.1:80',
      'UDP 10.96.0.1:80',
      'SCTP 10.96.0.1:80',
    ]);
  });

  it('are in the family of their address', () => {
    const of = service({ ...everywhere, clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')] });
    const both = [...onePod, slice([endpoint('fd00:244::1')], { name: 'web-6' })];
    const translation = translate(of, both);
    assert.ok(inSet('cluster', translation).includes('TCP [fd00:96::1]:80'));
    assert.ok(inSet('external', translation).includes('TCP [2001:db8::10]:30080'));
    assert.deepEqual(rolesOf(translate(of))['TCP [fd00:96::1]:80'], 'refused');
  });
});

describe('the VIPs of a Service in the sets', () => {
  it('are what is bound: no node address and nothing for node ports', () => {
    const of = service({ ...everywhere, externalIPs: [ip('198.51.100.20'), ip('192.0.2.10')] });
    const translation = translate(of);
    assert.deepEqual(inSet('vip', translation), ['10.96.0.1', '198.51.100.20', '203.0.113.10']);
    assert.deepEqual(inSet('vip', translation), translation.boundAddresses.map(String));
  });

  it('are there without endpoints too: nobody else must answer at them', () => {
    assert.deepEqual(inSet('vip', translate(service(), [])), ['10.96.0.1']);
  });
});

describe('hairpin entries', () => {
  it('are the endpoints on this node, by target port', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 81 })];
    const slices = [
      slice(
        [
          endpoint('10.244.0.1', here),
          endpoint('10.244.1.1'),
          endpoint('10.244.0.2', { ...here, ...notReady }),
        ],
        { ports: [endpointPort({ name: 'a' }), endpointPort({ name: 'b', port: 8081 })] },
      ),
    ];
    assert.deepEqual(inSet('hairpin', translate(service({ ports }), slices)), [
      'TCP 10.244.0.1:8080,10.244.0.1',
      'TCP 10.244.0.2:8080,10.244.0.2',
      'TCP 10.244.0.1:8081,10.244.0.1',
      'TCP 10.244.0.2:8081,10.244.0.2',
    ]);
  });

  it('do not include an endpoint with the address of the node (host network)', () => {
    const slices = [slice([endpoint('192.0.2.10', here)])];
    assert.deepEqual(inSet('hairpin', translate(service(), slices)), []);
  });

  it('do not include an endpoint that is refused', () => {
    const at = place({ isVip: ({ text }) => text === '10.96.0.9' });
    const slices = [slice([endpoint('10.96.0.9', here), endpoint('127.0.0.1', here)])];
    assert.deepEqual(inSet('hairpin', translate(service(), slices, at)), []);
  });
});

describe('source ranges', () => {
  const guarded = (ranges: readonly string[], fields: Partial<Service> = {}, at = nodeAt) =>
    translate(
      service({
        loadBalancerIPs: [ip('203.0.113.10')],
        loadBalancerSourceRanges: ranges.map(cidr),
        ...fields,
      }),
      onePod,
      at,
    );

  it('guard the load-balancer IP at its port, and admit who is in them', () => {
    const translation = guarded(['172.16.0.0/12', '198.51.100.7/32']);
    assert.deepEqual(inSet('guarded', translation), ['TCP 203.0.113.10:80']);
    assert.deepEqual(inSet('admitted', translation), [
      'TCP 203.0.113.10:80,172.16.0.0/12',
      'TCP 203.0.113.10:80,198.51.100.7/32',
    ]);
  });

  it('guard nothing but load-balancer IPs', () => {
    const translation = guarded(['172.16.0.0/12'], everywhere);
    assert.deepEqual(inSet('guarded', translation), ['TCP 203.0.113.10:80']);
  });

  it('guard every port of the load balancer, and admit the ranges to each', () => {
    const ports = [servicePort({ name: 'a' }), servicePort({ name: 'b', port: 81 })];
    const translation = guarded(['172.16.0.0/12'], { ports });
    assert.deepEqual(inSet('guarded', translation), ['TCP 203.0.113.10:80', 'TCP 203.0.113.10:81']);
    assert.equal(inSet('admitted', translation).length, 2);
  });

  it('guard nothing where none are given', () => {
    const translation = translate(service({ loadBalancerIPs: [ip('203.0.113.10')] }));
    assert.deepEqual(inSet('guarded', translation), []);
    assert.deepEqual(inSet('admitted', translation), []);
  });

  it('admit nobody where all that was given cannot be read', () => {
    const translation = guarded([]);
    assert.deepEqual(inSet('guarded', translation), ['TCP 203.0.113.10:80']);
    assert.deepEqual(inSet('admitted', translation), []);
  });

  it('admit everybody by two halves, since a set takes no prefix of length 0', () => {
    const at = place();
    assert.deepEqual(inSet('admitted', guarded(['0.0.0.0/0'], {}, at)), [
      'TCP 203.0.113.10:80,0.0.0.0/1',
      'TCP 203.0.113.10:80,128.0.0.0/1',
    ]);
  });

  it('admit by one range what others hold besides, since none in a set may overlap', () => {
    const at = place();
    const ranges = ['10.1.0.0/16', '10.0.0.0/8', '10.1.2.3/32', '10.0.0.0/8', '192.0.2.7/32'];
    assert.deepEqual(inSet('admitted', guarded(ranges, {}, at)), [
      'TCP 203.0.113.10:80,10.0.0.0/8',
      'TCP 203.0.113.10:80,192.0.2.7/32',
    ]);
    assert.equal(inSet('admitted', guarded(['10.0.0.0/8', '0.0.0.0/0'], {}, at)).length, 2);
    // The node is in the one, and the VIP too.
    assert.deepEqual(inSet('admitted', guarded(['192.0.2.0/24', '203.0.113.0/24'])), [
      'TCP 203.0.113.10:80,192.0.2.0/24',
      'TCP 203.0.113.10:80,203.0.113.0/24',
    ]);
  });

  it('admit the node by the VIP that it sends with, where a range holds an address of it', () => {
    assert.deepEqual(inSet('admitted', guarded(['192.0.2.0/24'])), [
      'TCP 203.0.113.10:80,192.0.2.0/24',
      'TCP 203.0.113.10:80,203.0.113.10/32',
    ]);
    assert.deepEqual(inSet('admitted', guarded(['192.0.2.0/29'])), [
      'TCP 203.0.113.10:80,192.0.2.0/29',
    ]);
  });

  it('admit the node by any of its addresses, though node ports do not answer there', () => {
    const at = place({ allNodeAddresses: [ip('192.0.2.10')] });
    assert.equal(inSet('admitted', guarded(['192.0.2.0/24'], {}, at)).length, 2);
  });

  it('count in each family by themselves: without one of its own it admits nobody', () => {
    const fields = {
      clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')],
      loadBalancerIPs: [ip('203.0.113.10'), ip('2001:db8:2::10')],
    };
    const both = guarded(['172.16.0.0/12', '::/0'], fields, place());
    assert.deepEqual(inSet('admitted', both), [
      'TCP 203.0.113.10:80,172.16.0.0/12',
      'TCP [2001:db8:2::10]:80,::/1',
      'TCP [2001:db8:2::10]:80,8000::/1',
    ]);
    const one = guarded(['172.16.0.0/12'], fields, place());
    assert.deepEqual(inSet('guarded', one), ['TCP 203.0.113.10:80', 'TCP [2001:db8:2::10]:80']);
    assert.deepEqual(inSet('admitted', one), ['TCP 203.0.113.10:80,172.16.0.0/12']);
  });

  it('leave the front end in its own set, whatever the policy', () => {
    for (const [externalTrafficPolicy, role] of [
      ['Cluster', 'external'],
      ['Local', 'node-only'],
    ] as const) {
      const translation = guarded(['172.16.0.0/12'], { externalTrafficPolicy });
      assert.equal(rolesOf(translation)['TCP 203.0.113.10:80'], role);
    }
  });

  it('guard a load balancer without endpoints too', () => {
    const of = service({
      loadBalancerIPs: [ip('203.0.113.10')],
      loadBalancerSourceRanges: [cidr('172.16.0.0/12')],
    });
    assert.deepEqual(inSet('guarded', translate(of, [])), ['TCP 203.0.113.10:80']);
  });
});

describe('health-check node ports in the sets', () => {
  it('are there for load balancers of policy Local alone', () => {
    const fields = { healthCheckNodePort: 32_000, loadBalancerIPs: [ip('203.0.113.10')] };
    const local = service({ ...fields, externalTrafficPolicy: 'Local' });
    assert.deepEqual(inSet('health', translate(local)), ['32000']);
    assert.deepEqual(inSet('health', translate(service(fields))), []);
  });
});

describe('a Service that becomes nothing', () => {
  it('wants nothing in the sets', () => {
    assert.deepEqual(membersOf(translate(service({ clusterIPs: [] }))), []);
    assert.deepEqual(membersOf(translate(service({ proxyName: 'other' }))), []);
  });
});
