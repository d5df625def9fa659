import assert from 'node:assert/strict';
import { ip } from '../../../support/cluster-objects.ts';
import {
  assertSays,
  explained,
  explainedService,
  onlyThere,
  outcome,
  outside,
  textsOf,
  worldOf,
} from '../../../support/explained.ts';
import { rawService, rawSlice } from '../../../support/manifests.ts';
import { asking, sip, sipVip, sipWorld } from '../../../support/sip.ts';

const inRange = `${sipVip}:10042/udp`;
const acrossPorts = { 'kube-ipvs.io/affinity-across-ports': 'true' };

describe('what is explained of a packet to a port in a range', () => {
  it('is the virtual server for its mark, and real servers at the port that the client chose', () => {
    const explanation = explained(sipWorld(), outside, inRange);
    assert.equal(
      outcome(explanation),
      'forwarded to 10.244.1.7:10042 10.244.2.3:10042, source node',
    );
    assert.deepEqual(
      [explanation.virtualServer, explanation.service],
      ['fwmark 1 (IPv4)', 'default/sip'],
    );
    assertSays(
      explanation,
      'UDP 198.51.100.7:10042 is among the ports 10000-14999,15001-20000/UDP of Service default/sip at its load-balancer IP',
      'its packets get the mark 0x1, by which IPVS finds the virtual server fwmark 1 (IPv4)',
      '10.244.1.7:10042 of EndpointSlice sip-1: used: ready',
      'masqueraded: with policy Cluster answers of any node have to come back here',
    );
    const places = explanation.steps.map(({ place }) => place);
    assert.ok(places.includes('map range-marks-4, chain mark'));
    assert.ok(places.includes('map range-sources-4, chain masqueraded'));
  });

  it('is that the client keeps its address with policy Local, at the endpoints of this node', () => {
    const world = sipWorld({ externalTrafficPolicy: 'Local' });
    const explanation = explained(world, outside, inRange);
    assert.equal(outcome(explanation), 'forwarded to 10.244.1.7:10042, source client');
    assert.equal(explanation.virtualServer, 'fwmark 2 (IPv4)', 'policies differ');
    assertSays(
      explanation,
      '10.244.2.3:10042 of EndpointSlice sip-1: not used: externalTrafficPolicy is Local, and it is on node node-b',
    );
  });

  it('is that Pods keep their address to a cluster IP, but for one that reaches itself', () => {
    const world = sipWorld();
    const { sources } = explained(world, '10.244.1.7', '10.96.0.10:10042/udp');
    assert.deepEqual(sources, { '10.244.1.7:10042': 'node', '10.244.2.3:10042': 'client' });
    assertSays(
      explained(world, '10.244.1.7', '10.96.0.10:10042/udp'),
      '10.244.1.7:10042 is the sender itself, which would take its own address for a forgery: masqueraded',
    );
  });

  it('is that it is refused where no endpoint is left, and for those outside where none is here', () => {
    const [service] = sip();
    const empty = explained(worldOf([service]), outside, inRange);
    assert.equal(outcome(empty), 'refused');
    assert.equal(empty.virtualServer, 'fwmark 1 (IPv4)');
    assertSays(empty, 'no endpoint is left: refused at once, with an ICMP "port unreachable"');

    const [local] = sip({ externalTrafficPolicy: 'Local' });
    const ports = [{ name: 'sip', protocol: 'UDP', port: 5060 }];
    const elsewhere = worldOf([local, rawSlice('sip-1', 'sip', { ...onlyThere, ports })]);
    assert.equal(outcome(explained(elsewhere, outside, inRange)), 'refused');
    assert.equal(
      outcome(explained(elsewhere, '10.244.1.5', inRange)),
      'forwarded to 10.244.2.3:10042, source client',
    );
  });

  it('is whether a source range lets the sender through', () => {
    const world = sipWorld({ loadBalancerSourceRanges: ['203.0.113.0/28'] });
    assert.equal(explained(world, '203.0.113.9', inRange).verdict, 'forwarded');
    const dropped = explained(world, '203.0.113.99', inRange);
    assert.equal(dropped.verdict, 'dropped');
    assertSays(
      dropped,
      'dropped: 203.0.113.99 is in no source range (203.0.113.0/28); nobody is told, the sender waits for a time-out',
    );
    assert.deepEqual(
      dropped.steps.map(({ place }) => place).filter((place) => place !== undefined),
      ['set range-guarded-4'],
    );
    assertSays(
      explained(world, 'outside', inRange),
      'only sources in 203.0.113.0/28 are let through, and it is taken for one; all others are dropped',
    );
  });

  it('is that a client stays with its endpoint at all of them', () => {
    assertSays(
      explained(sipWorld({ sessionAffinity: 'ClientIP' }), outside, inRange),
      'a client that was here less than 10800 s ago gets the same one, at whichever of these ports',
    );
  });

  it('is the ordinary virtual server at a port of the spec, with that it is in a range too', () => {
    const explanation = explained(sipWorld(), outside, `${sipVip}:15000/udp`);
    assert.equal(outcome(explanation), 'forwarded to 10.244.1.7:7000 10.244.2.3:7000, source node');
    assert.equal(explanation.virtualServer, 'UDP 198.51.100.7:15000');
    assertSays(
      explanation,
      'UDP 198.51.100.7:15000 is the load-balancer IP of Service default/sip, port odd (UDP 15000)',
      'it is in a port range of Service default/sip too: a port of the spec goes before',
    );
    const beside = explained(sipWorld(), outside, `${sipVip}:5060/udp`);
    assert.ok(!textsOf(beside).some((text) => text.includes('port range')));
  });

  it('is the virtual server of the ranges at a port of the spec, with affinity across ports', () => {
    const annotations = asking('10000-20000/UDP', acrossPorts);
    const world = sipWorld({ sessionAffinity: 'ClientIP' }, annotations);
    const explanation = explained(world, outside, `${sipVip}:5060/udp`);
    assert.equal(explanation.virtualServer, 'fwmark 1 (IPv4)');
    assert.equal(outcome(explanation), 'forwarded to 10.244.1.7:5060 10.244.2.3:5060, source node');
    assert.ok(
      explanation.steps.some(
        ({ field }) => field === 'metadata.annotations[kube-ipvs.io/affinity-across-ports]',
      ),
    );
  });

  it('is that a port outside of all ranges is refused, with the ranges that there are', () => {
    const explanation = explained(sipWorld(), outside, `${sipVip}:9/udp`);
    assert.deepEqual([explanation.verdict, explanation.virtualServer], ['refused', null]);
    assertSays(
      explanation,
      "198.51.100.7 is a VIP of Service default/sip, which has the ports UDP 5060, UDP 15000 and the port ranges 10000-14999,15001-20000/UDP, and not UDP 9; the node's own listeners do not answer at a VIP",
    );
    assert.equal(
      explained(sipWorld(), outside, `${sipVip}:10042/tcp`).verdict,
      'refused',
      'the protocol counts',
    );
  });

  it('is where the kernel lacks the virtual server for the mark', () => {
    const kernel = { virtualServer: () => undefined, isBound: () => true };
    const { warnings } = explained(sipWorld({}, undefined, { kernel }), outside, inRange);
    assert.deepEqual(warnings, ['the kernel has no virtual server fwmark 1 (IPv4)']);
  });
});

describe('what is explained of a Service with port ranges', () => {
  it('is what becomes of packets to them, by who sends them', () => {
    const { frontEnds } = explainedService(sipWorld(), 'default/sip');
    const ofRanges = frontEnds.filter(({ ports }) => ports !== undefined);
    assert.deepEqual(
      ofRanges.map(({ virtualServer, ports, kind, from }) => [
        ...[virtualServer, ports, kind],
        ...Object.values(from).map(outcome),
      ]),
      [
        ['UDP 10.96.0.10:10000-14999,15001-20000', 'cluster IP', 'client', 'node', 'node'],
        ['UDP 198.51.100.7:10000-14999,15001-20000', 'load-balancer IP', 'node', 'node', 'node'],
      ].map(([ports, kind, ...sources]) => [
        ...['fwmark 1 (IPv4)', ports, kind],
        ...sources.map(
          (source) => `forwarded to 10.244.1.7:10000 10.244.2.3:10000, source ${source}`,
        ),
      ]),
    );
  });

  it('names the ranges, the ports of the spec among them, and where affinity goes across', () => {
    const annotations = asking('10000-20000/UDP', acrossPorts);
    assertSays(
      explainedService(sipWorld({ sessionAffinity: 'ClientIP' }, annotations), 'default/sip'),
      'UDP 198.51.100.7:5060 (load-balancer IP): served with the port ranges, so that a client has one Pod across ports',
      '5060,10000-14999,15001-20000/UDP at 198.51.100.7 (load-balancer IP): served, by the packet mark 0x1',
      '15000/UDP at 198.51.100.7 (load-balancer IP): ordinary ports of the Service, which have virtual servers of their own',
    );
  });

  it('leaves the ranges out where one port is asked about', () => {
    const { frontEnds } = explainedService(sipWorld(), 'default/sip:odd');
    assert.deepEqual(
      frontEnds.map(({ virtualServer }) => virtualServer),
      ['UDP 10.96.0.10:15000', 'UDP 198.51.100.7:15000'],
    );
  });

  for (const question of ['default/sip:10042/udp', 'sip:10042']) {
    it(`is of a port in a range, where it is asked about: ${question}`, () => {
      const explanation = explainedService(sipWorld(), question);
      const { frontEnds } = explanation;
      assert.deepEqual(
        frontEnds.map(({ virtualServer, ports, from }) => [
          ...[virtualServer, ports],
          ...Object.values(from).map(outcome),
        ]),
        [
          ['UDP 10.96.0.10:10000-14999,15001-20000', 'client', 'node', 'node'],
          ['UDP 198.51.100.7:10000-14999,15001-20000', 'node', 'node', 'node'],
        ].map(([ports, ...sources]) => [
          ...['fwmark 1 (IPv4)', ports],
          ...sources.map(
            (source) => `forwarded to 10.244.1.7:10042 10.244.2.3:10042, source ${source}`,
          ),
        ]),
      );
      assertSays(
        explanation,
        '10000-14999,15001-20000/UDP at 198.51.100.7 (load-balancer IP): served, by the packet mark 0x1',
      );
      assert.ok(!textsOf(explanation).some((text) => text.includes(':5060 (')));
    });
  }

  it('is an error at a port that neither the spec nor a range has, which names both', () => {
    assert.throws(() => explainedService(sipWorld(), 'default/sip:9/udp'), {
      name: 'QuestionError',
      message:
        'Service default/sip has no port "9/udp"; it has sip (UDP 5060), odd (UDP 15000), UDP 10000-14999,15001-20000',
    });
    assert.throws(
      () => explainedService(sipWorld(), 'default/sip:10042/tcp'),
      /no port "10042\/tcp"/,
    );
  });

  it('names the ports that an older Service has, and to that one who asks in vain', () => {
    const younger = {
      ...rawService(
        'later',
        { clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11'], ports: [{ port: 15_001 }] },
        {
          annotations: asking('15000-25000/UDP,30000/UDP'),
          creationTimestamp: '2030-01-01T00:00:00Z',
        },
      ),
      status: { loadBalancer: { ingress: [{ ip: sipVip }] } },
    };
    const world = worldOf([...sip(), younger]);
    assertSays(
      explainedService(world, 'default/later'),
      '20001-25000,30000/UDP at 198.51.100.7 (load-balancer IP): served, by the packet mark 0x2',
      '15001-20000/UDP at 198.51.100.7 (load-balancer IP): owned by Service default/sip (older); taken over when that one is deleted or has them no longer',
      '15000/UDP at 198.51.100.7 (load-balancer IP): ordinary ports of Service default/sip, which have virtual servers of their own',
    );
    const asked = explained(world, outside, `${sipVip}:16000/udp`);
    assert.equal(asked.service, 'default/sip');
    assertSays(
      asked,
      'Service default/later asks for it too, and is younger: it gets none of these packets',
    );
    assert.equal(explained(world, outside, `${sipVip}:30000/udp`).service, 'default/later');
  });

  it('says why ranges are not served', () => {
    const few = { kubeIpvs: { portRangeMarks: '0x1' } };
    const other = rawService(
      'later',
      { clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11'], ports: [{ port: 80 }] },
      { annotations: asking('30/UDP') },
    );
    assertSays(
      explainedService(worldOf([...sip(), other], { configuration: few }), 'default/later'),
      '30/UDP at 10.96.0.11 (cluster IP): not served: no packet mark is free, kubeIpvs.portRangeMarks has too few bits for all Services',
    );
    const ofNode = worldOf(sip(), { nodeAddresses: [ip(sipVip)] });
    assertSays(
      explainedService(ofNode, 'default/sip'),
      '10000-14999,15001-20000/UDP at 198.51.100.7 (load-balancer IP): not served: it is an address of this node, whose own listeners they would hide',
    );
    assertSays(
      explained(ofNode, outside, inRange),
      '10000-14999,15001-20000/UDP at 198.51.100.7 (load-balancer IP): not served: it is an address of this node, whose own listeners they would hide',
    );
  });
});
