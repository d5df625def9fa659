import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import type { Cidr } from '../../../src/net/cidr.ts';
import { formatEndpoint } from '../../../src/net/ip-address.ts';
import {
  boundAddressesOf,
  familiesOf,
  frontEndsOf,
  trafficOf,
  vipsOf,
  type Vips,
  type VipKind,
} from '../../../src/translate/front-ends.ts';
import type { NodeFacts } from '../../../src/translate/node-facts.ts';
import { cidr, ip, service, servicePort } from '../../support/cluster-objects.ts';
import { place, placeAt } from '../../support/place.ts';

const dualStack = { clusterIPs: [ip('10.96.0.1'), ip('fd00:96::1')] };
const nodeAt = placeAt(ip('192.0.2.10'), ip('2001:db8::10'), ip('198.18.0.5'));

function vips(of: Service, externalIPs?: readonly Cidr[]): Vips {
  return vipsOf(of, place(), { externalIPs, loadBalancerIPs: undefined, protectedRanges: [] });
}

/** The VIPs of some kinds, in their order. */
function textsOf({ vips: all }: Vips, ...kinds: readonly VipKind[]): string[] {
  return all.filter(({ kind }) => kinds.includes(kind)).map(({ address }) => address.text);
}

/** External IPs and load-balancer IPs. */
function externalOf(of: Vips): string[] {
  return textsOf(of, 'external IP', 'load-balancer IP');
}

/** `internal 10.96.0.1:80`, in all families of the Service. */
function frontEnds(of: Service, at: NodeFacts = nodeAt): string[] {
  return of.ports.flatMap((port) =>
    familiesOf(of).flatMap((family) =>
      frontEndsOf(port, family, vips(of), at).map(
        (frontEnd) => `${trafficOf(frontEnd)} ${formatEndpoint(frontEnd.address, frontEnd.port)}`,
      ),
    ),
  );
}

describe('the VIPs of a Service', () => {
  it('are its cluster IPs, its external IPs and the IPs of its load balancer', () => {
    const found = vips(
      service({ externalIPs: [ip('198.51.100.20')], loadBalancerIPs: [ip('203.0.113.10')] }),
    );
    assert.deepEqual(textsOf(found, 'cluster IP'), ['10.96.0.1']);
    assert.deepEqual(textsOf(found, 'external IP'), ['198.51.100.20']);
    assert.deepEqual(textsOf(found, 'load-balancer IP'), ['203.0.113.10']);
    assert.deepEqual(found.problems, []);
  });

  it('are in the families of its cluster IPs alone', () => {
    const externalIPs = [ip('198.51.100.20'), ip('2001:db8:1::20')];
    const loadBalancerIPs = [ip('203.0.113.10'), ip('2001:db8:2::10')];
    const external = (clusterIPs: Service['clusterIPs']) =>
      externalOf(vips(service({ clusterIPs, externalIPs, loadBalancerIPs })));
    assert.deepEqual(external([ip('10.96.0.1')]), ['198.51.100.20', '203.0.113.10']);
    assert.deepEqual(external([ip('fd00:96::1')]), ['2001:db8:1::20', '2001:db8:2::10']);
    assert.equal(external(dualStack.clusterIPs).length, 4);
  });

  it('are one each where an external IP is a load-balancer IP, given twice, or a cluster IP', () => {
    const address = ip('203.0.113.10');
    const of = service({
      externalIPs: [address, ip('203.0.113.10'), ip('10.96.0.1')],
      loadBalancerIPs: [ip('203.0.113.10')],
    });
    assert.deepEqual(textsOf(vips(of), 'cluster IP'), ['10.96.0.1']);
    assert.deepEqual(externalOf(vips(of)), ['203.0.113.10']);
  });
});

describe('the ranges of external IPs', () => {
  const externalIPs = [ip('198.51.100.20'), ip('192.0.2.99'), ip('2001:db8:1::20')];
  const of = service({ ...dualStack, externalIPs, loadBalancerIPs: [ip('203.0.113.10')] });

  it('let everything through where none are configured', () => {
    assert.equal(externalOf(vips(of)).length, 4);
  });

  it('leave out the external IPs that are in none of them, and say which', () => {
    const found = vips(of, [cidr('198.51.100.0/24'), cidr('10.0.0.0/8')]);
    assert.deepEqual(externalOf(found), ['198.51.100.20', '203.0.113.10']);
    const [problem, ...others] = found.problems;
    assert.deepEqual(others, []);
    assert.equal(problem?.reason, 'ExternalIPRefused');
    assert.equal(problem.object, 'Service default/web');
    assert.equal(problem.field, 'spec.externalIPs');
    assert.deepEqual(problem.value, ['192.0.2.99', '2001:db8:1::20']);
    assert.match(
      problem.allowed,
      /in 198\.51\.100\.0\/24, 10\.0\.0\.0\/8 only; they are left out$/,
    );
  });

  it('do not concern load-balancer IPs, which have ranges of their own', () => {
    assert.deepEqual(externalOf(vips(of, [cidr('10.0.0.0/8')])), ['203.0.113.10']);
  });

  it('allow no external IP at all where the list is empty', () => {
    const found = vips(of, []);
    assert.deepEqual(externalOf(found), ['203.0.113.10']);
    assert.match(found.problems[0]?.allowed ?? '', /allows external IPs nowhere/);
  });

  it('count for each family by itself', () => {
    const found = vips(of, [cidr('::/0')]);
    assert.deepEqual(externalOf(found), ['2001:db8:1::20', '203.0.113.10']);
  });
});

describe('the front ends of a Service port', () => {
  it('are its VIPs at the port, and the node addresses at the node port', () => {
    const of = service({
      ports: [servicePort({ nodePort: 30_080 })],
      externalIPs: [ip('198.51.100.20')],
      loadBalancerIPs: [ip('203.0.113.10')],
    });
    assert.deepEqual(frontEnds(of), [
      'internal 10.96.0.1:80',
      'external 198.51.100.20:80',
      'external 203.0.113.10:80',
      'external 192.0.2.10:30080',
      'external 198.18.0.5:30080',
    ]);
  });

  it('are in each family by themselves, with its own node addresses', () => {
    const of = service({
      ...dualStack,
      ports: [servicePort({ nodePort: 30_080 })],
      loadBalancerIPs: [ip('203.0.113.10'), ip('2001:db8:2::10')],
    });
    assert.deepEqual(frontEnds(of), [
      'internal 10.96.0.1:80',
      'external 203.0.113.10:80',
      'external 192.0.2.10:30080',
      'external 198.18.0.5:30080',
      'internal [fd00:96::1]:80',
      'external [2001:db8:2::10]:80',
      'external [2001:db8::10]:30080',
    ]);
  });

  it('include node ports in the families of the Service only', () => {
    const ports = [servicePort({ nodePort: 30_080 })];
    assert.deepEqual(frontEnds(service({ clusterIPs: [ip('fd00:96::1')], ports })), [
      'internal [fd00:96::1]:80',
      'external [2001:db8::10]:30080',
    ]);
  });

  it('include no node ports without a node port (allocateLoadBalancerNodePorts: false)', () => {
    const of = service({ loadBalancerIPs: [ip('203.0.113.10')] });
    assert.deepEqual(frontEnds(of), ['internal 10.96.0.1:80', 'external 203.0.113.10:80']);
  });

  it('include node ports of the ports that have one only', () => {
    const ports = [
      servicePort({ name: 'a', nodePort: 30_080 }),
      servicePort({ name: 'b', port: 81 }),
    ];
    assert.deepEqual(frontEnds(service({ ports }), placeAt(ip('192.0.2.10'))), [
      'internal 10.96.0.1:80',
      'external 192.0.2.10:30080',
      'internal 10.96.0.1:81',
    ]);
  });

  it('include no node ports where no node address answers on them', () => {
    const ports = [servicePort({ nodePort: 30_080 })];
    assert.deepEqual(frontEnds(service({ ports }), place()), ['internal 10.96.0.1:80']);
  });
});

describe('the addresses to be bound', () => {
  const bound = (of: Service, at: NodeFacts) => boundAddressesOf(vips(of), at).map(String);

  it('are the VIPs, without the node addresses of node ports', () => {
    const of = service({
      ports: [servicePort({ nodePort: 30_080 })],
      externalIPs: [ip('198.51.100.20')],
      loadBalancerIPs: [ip('203.0.113.10')],
    });
    assert.deepEqual(bound(of, nodeAt), ['10.96.0.1', '198.51.100.20', '203.0.113.10']);
  });

  it('do not include an external IP or load-balancer IP that the node has elsewhere', () => {
    const of = service({
      externalIPs: [ip('192.0.2.10'), ip('198.51.100.20')],
      loadBalancerIPs: [ip('198.18.0.5')],
    });
    assert.deepEqual(bound(of, nodeAt), ['10.96.0.1', '198.51.100.20']);
    assert.deepEqual(bound(of, place()), [
      '10.96.0.1',
      '192.0.2.10',
      '198.51.100.20',
      '198.18.0.5',
    ]);
  });

  it('do not include one that the node has, though it does not answer on node ports', () => {
    const at = place({ nodeAddresses: new Set(['192.0.2.10']), nodePortAddresses: [] });
    assert.deepEqual(bound(service({ externalIPs: [ip('192.0.2.10')] }), at), ['10.96.0.1']);
  });

  it('include a cluster IP whatever the node has', () => {
    assert.deepEqual(bound(service(), placeAt(ip('10.96.0.1'))), ['10.96.0.1']);
  });
});
