import assert from 'node:assert/strict';
import { ip } from '../../../support/cluster-objects.ts';
import {
  assertSays,
  explained,
  node,
  outcome,
  outside,
  pod,
  textsOf,
  web,
  worldOf,
} from '../../../support/explained.ts';

const clusterIp = '10.96.0.10:80';

describe('what is explained of a destination that no Service has', () => {
  const world = worldOf(web());

  it('is that a VIP refuses other ports', () => {
    const explanation = explained(world, pod, '10.96.0.10:81');
    assert.equal(outcome(explanation), 'refused');
    assert.equal(explanation.virtualServer, null);
    assertSays(
      explanation,
      "10.96.0.10 is a VIP of Service default/web, which has the ports TCP 80, and not TCP 81; the node's own listeners do not answer at a VIP",
    );
  });

  it('is that SCTP is told so at once', () => {
    assertSays(explained(world, pod, '10.96.0.10:81/sctp'), 'refused at once, with an SCTP ABORT');
  });

  it('is that SCTP waits for a time-out then, with iptables', () => {
    assertSays(
      explained(worldOf(web(), { packetFilter: 'iptables' }), pod, '10.96.0.10:81/sctp'),
      'refused at once, with an ICMP message, which SCTP does not heed: the sender waits for a time-out',
    );
  });

  for (const [title, to, text] of [
    [
      'the node itself',
      `${node}:22`,
      '192.0.2.10 is an address of node node-a, and TCP 22 is no node port: what listens there on the node answers',
    ],
    [
      'an address elsewhere',
      '8.8.8.8:53/udp',
      '8.8.8.8 is no address of a Service, and none of this node: the packet goes where routes lead',
    ],
    [
      'loopback, where node ports do not answer',
      '127.0.0.1:30080',
      '30080 is a node port of Service default/web, which answers on 192.0.2.10, 10.244.1.1, not on 127.0.0.1',
    ],
    [
      'a node port of another node',
      '192.0.2.99:30080',
      '30080 is a node port of Service default/web, but 192.0.2.99 is no address of this node',
    ],
  ] as const) {
    it(`is that it is not ours: ${title}`, () => {
      const explanation = explained(world, 'node', to);
      assert.equal(outcome(explanation), 'not-ours');
      assertSays(explanation, text);
    });
  }

  it('is that node ports answer on some addresses alone', () => {
    const configuration = { nodePortAddresses: ['192.0.2.0/24'] };
    const explanation = explained(worldOf(web(), { configuration }), outside, '10.244.1.1:30080');
    assert.equal(outcome(explanation), 'not-ours');
    assertSays(
      explanation,
      '30080 is a node port of Service default/web, which answers on 192.0.2.10, not on 10.244.1.1',
    );
  });

  it('is that a Service has node ports in its families alone', () => {
    const world6 = worldOf(web(), { nodeAddresses: [ip(node), ip('2001:db8::10')] });
    const explanation = explained(world6, 'outside', '[2001:db8::10]:30080');
    assert.equal(outcome(explanation), 'not-ours');
    assertSays(
      explanation,
      '30080 is a node port of Service default/web, which has no cluster IP of IPv6',
    );
  });

  it('is which Service asks for it and why it is refused', () => {
    const configuration = { kubeIpvs: { externalIPCIDRs: ['192.0.2.0/24'] } };
    const explanation = explained(worldOf(web(), { configuration }), outside, '198.51.100.7:80');
    assert.equal(outcome(explanation), 'not-ours');
    assert.ok(
      textsOf(explanation).some((text) => text.startsWith('external IP 198.51.100.7: refused: it')),
    );
  });

  it('is that the Service is left to another proxy', () => {
    const [service, slice] = web();
    const labelled = {
      ...(service as object),
      metadata: {
        name: 'web',
        namespace: 'default',
        labels: { 'service.kubernetes.io/service-proxy-name': 'somebody' },
      },
    };
    const explanation = explained(worldOf([labelled, slice]), pod, clusterIp);
    assert.equal(outcome(explanation), 'not-ours');
    assertSays(
      explanation,
      'Service default/web: not served: the label service.kubernetes.io/service-proxy-name leaves it to the proxy "somebody"',
    );
  });

  it('is that its address is excluded by the configuration', () => {
    const configuration = { ipvs: { excludeCIDRs: ['10.96.0.0/12'] } };
    const explanation = explained(worldOf(web(), { configuration }), pod, clusterIp);
    assert.equal(outcome(explanation), 'not-ours');
    assertSays(
      explanation,
      '10.96.0.10 is in 10.96.0.0/12, where kube-ipvs touches no virtual server',
    );
  });

  it('is that a health-check node port is open at a VIP too, for TCP alone', () => {
    const world = worldOf(web({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 }));
    assert.equal(explained(world, pod, '10.96.0.10:32000').verdict, 'not-ours');
    assert.equal(explained(world, pod, '10.96.0.10:32000/udp').verdict, 'refused');
  });

  it('is that a health-check node port is answered by kube-ipvs itself', () => {
    const spec = { externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 };
    const explanation = explained(worldOf(web(spec)), outside, `${node}:32000`);
    assert.equal(outcome(explanation), 'not-ours');
    assertSays(
      explanation,
      '32000 is the health-check node port of Service default/web: kube-ipvs itself answers there, and no firewall of the node closes it',
    );
  });
});
