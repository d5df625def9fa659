import assert from 'node:assert/strict';
import {
  assertSays,
  explained,
  node,
  onlyThere,
  outcome,
  outside,
  pod,
  web,
  worldOf,
} from '../../../support/explained.ts';
import { rawService, rawSlice } from '../../../support/manifests.ts';

const clusterIp = '10.96.0.10:80';
const loadBalancerIp = '203.0.113.80:80';
const nodePort = `${node}:30080`;
const both = '10.244.1.7:8080 10.244.2.3:8080';

describe('what is explained of a packet to a cluster IP', () => {
  const world = worldOf(web());

  it('is that a Pod keeps its address', () => {
    const explanation = explained(world, pod, clusterIp);
    assert.equal(outcome(explanation), `forwarded to ${both}, source client`);
    assertSays(
      explanation,
      'the packet comes from 10.244.1.5: traffic of a Pod, as its source is in 10.244.0.0/16',
      'TCP 10.96.0.10:80 is the cluster IP of Service default/web, port http (TCP 80)',
      'cluster IP 10.96.0.10: bound on kube-ipvs0',
      'not masqueraded: to a cluster IP Pods keep their address',
      'the Pod sees the address of the client, 10.244.1.5',
      'when no endpoint is left: everybody is refused at once, with a TCP reset',
    );
  });

  it('is that others are masqueraded', () => {
    const explanation = explained(world, outside, clusterIp);
    assert.equal(outcome(explanation), `forwarded to ${both}, source node`);
    assertSays(
      explanation,
      'masqueraded: it is no traffic of a Pod, and answers have to come back here',
    );
  });

  it('is that a process of the node is seen as the node', () => {
    assert.equal(outcome(explained(world, 'node', clusterIp)), `forwarded to ${both}, source node`);
  });

  it('is that of a process where the sender is an address of the node', () => {
    assertSays(
      explained(world, node, clusterIp),
      "192.0.2.10 is this node's own: the packet leaves a process of this node",
    );
    assertSays(
      explained(world, '127.0.0.1', clusterIp),
      "127.0.0.1 is this node's own: the packet leaves a process of this node",
    );
  });

  it('is that nobody is masqueraded where nothing tells Pods from others', () => {
    const explanation = explained(
      worldOf(web(), { configuration: { clusterCIDR: '' } }),
      outside,
      clusterIp,
    );
    assert.equal(explanation.source, 'client');
    assertSays(explanation, 'not masqueraded: nothing tells Pods from others');
  });

  it('is that all are masqueraded where the configuration wants that', () => {
    const configuration = { iptables: { masqueradeAll: true } };
    const explanation = explained(worldOf(web(), { configuration }), pod, clusterIp);
    assert.equal(explanation.source, 'node');
    assert.ok(explanation.steps.some(({ field }) => field === 'iptables.masqueradeAll'));
  });

  it('is that a Pod which reaches itself is masqueraded, and that it depends which one it reaches', () => {
    const explanation = explained(world, '10.244.1.7', clusterIp);
    assert.equal(explanation.source, 'depends');
    assert.deepEqual(explanation.sources, {
      '10.244.1.7:8080': 'node',
      '10.244.2.3:8080': 'client',
    });
    assert.ok(explanation.steps.some(({ rule }) => rule === 'hairpin'));
  });

  it('is that an endpoint in the network of the node sees the client, since nothing leaves the node', () => {
    const slice = { endpoints: [{ addresses: [node], nodeName: 'node-a' }] };
    const explanation = explained(worldOf(web({}, slice)), outside, clusterIp);
    assert.equal(outcome(explanation), 'forwarded to 192.0.2.10:8080, source client');
  });

  it('is that it is refused without endpoints', () => {
    const explanation = explained(worldOf(web({}, { endpoints: [] })), pod, clusterIp);
    assert.equal(outcome(explanation), 'refused');
    assert.equal(explanation.virtualServer, 'TCP 10.96.0.10:80');
    assertSays(
      explanation,
      'Service default/web has no endpoints: no EndpointSlice names one',
      'no endpoint is left: refused at once, with a TCP reset',
    );
  });

  it('is why each other endpoint is no candidate', () => {
    const slice = {
      endpoints: [
        { addresses: ['10.244.1.7'], nodeName: 'node-a' },
        { addresses: ['10.244.2.3'], nodeName: 'node-b' },
        { addresses: ['10.244.1.8'], nodeName: 'node-a', conditions: { ready: false } },
      ],
    };
    const explanation = explained(
      worldOf(web({ internalTrafficPolicy: 'Local' }, slice)),
      pod,
      clusterIp,
    );
    assert.deepEqual(explanation.realServers, ['10.244.1.7:8080']);
    assert.deepEqual(
      explanation.steps.filter(({ text }) => text.includes('EndpointSlice web-1')),
      [
        {
          text: '10.244.1.7:8080 of EndpointSlice web-1: used: ready',
          object: 'EndpointSlice default/web-1',
          field: 'endpoints[].conditions',
        },
        {
          text: '10.244.2.3:8080 of EndpointSlice web-1: not used: internalTrafficPolicy is Local, and it is on node node-b',
          object: 'Service default/web',
          field: 'spec.internalTrafficPolicy',
        },
        {
          text: '10.244.1.8:8080 of EndpointSlice web-1: not used: not ready',
          object: 'EndpointSlice default/web-1',
          field: 'endpoints[].conditions',
        },
      ],
    );
  });

  it('is which scheduler chooses, who asked for it, and that a client comes back to the same one', () => {
    const [service, ...slices] = web({ sessionAffinity: 'ClientIP' });
    const withAnnotation = (value: string) => ({
      ...(service as object),
      metadata: {
        name: 'web',
        namespace: 'default',
        annotations: { 'kube-ipvs.io/scheduler': value },
      },
    });
    const field = 'metadata.annotations[kube-ipvs.io/scheduler]';
    const textOf = (value: string): string | undefined =>
      explained(worldOf([withAnnotation(value), ...slices]), pod, clusterIp).steps.find(
        (step) => step.field === field,
      )?.text;
    assert.equal(textOf('lc'), 'IPVS chooses one for each connection by the scheduler lc');
    assert.equal(
      textOf('nope'),
      'IPVS chooses one for each connection by the scheduler rr, as "nope" cannot be had',
    );
    assertSays(
      explained(worldOf([withAnnotation('lc'), ...slices]), pod, clusterIp),
      'a client that was here less than 10800 s ago gets the same one',
    );
  });
});

describe('what is explained of a packet from outside', () => {
  it('is that it is masqueraded with policy Cluster', () => {
    const explanation = explained(worldOf(web()), outside, loadBalancerIp);
    assert.equal(outcome(explanation), `forwarded to ${both}, source node`);
    assert.ok(
      explanation.steps.some(
        ({ field, rule }) => field === 'spec.externalTrafficPolicy' && rule === 'external',
      ),
    );
  });

  it('is that it keeps its address with policy Local', () => {
    const explanation = explained(
      worldOf(web({ externalTrafficPolicy: 'Local' })),
      outside,
      loadBalancerIp,
    );
    assert.equal(outcome(explanation), 'forwarded to 10.244.1.7:8080, source client');
  });

  describe('with policy Local and no endpoint here', () => {
    const world = worldOf(web({ externalTrafficPolicy: 'Local' }, onlyThere));

    it('is that it is refused', () => {
      const explanation = explained(world, outside, loadBalancerIp);
      assert.equal(outcome(explanation), 'refused');
      assert.equal(explanation.steps.at(-1)?.rule, 'node-only');
    });

    it('is that Pods get through: with their address at a VIP, with that of the node at a node port', () => {
      const atVip = explained(world, pod, loadBalancerIp);
      assert.equal(outcome(atVip), 'forwarded to 10.244.2.3:8080, source client');
      assertSays(
        atVip,
        'the policy for external traffic is Local, and no endpoint of this node can be used: those of other nodes are candidates for this node and its Pods',
      );
      assert.equal(
        outcome(explained(world, pod, nodePort)),
        'forwarded to 10.244.2.3:8080, source node',
      );
    });

    it('is that all get through where nothing tells who is outside', () => {
      const blind = worldOf(web({ externalTrafficPolicy: 'Local' }, onlyThere), {
        configuration: { clusterCIDR: '' },
      });
      assert.equal(explained(blind, outside, loadBalancerIp).verdict, 'forwarded');
    });
  });
});

describe('what is explained of an address that two Services claim', () => {
  it('is that the older one has it', () => {
    const claim = (name: string, clusterIP: string, creationTimestamp: string) => [
      rawService(
        name,
        { clusterIP, clusterIPs: [clusterIP], externalIPs: ['198.51.100.7'] },
        { creationTimestamp },
      ),
      rawSlice(`${name}-1`, name),
    ];
    const world = worldOf([
      ...claim('old', '10.96.0.1', '2020-01-01T00:00:00Z'),
      ...claim('young', '10.96.0.2', '2021-01-01T00:00:00Z'),
    ]);
    const explanation = explained(world, pod, '198.51.100.7:80');
    assert.equal(explanation.service, 'default/old');
    assertSays(
      explanation,
      'Service default/young asks for it too, and is younger: it gets none of these packets',
    );
  });
});

describe('how Pods are known by their links', () => {
  const configuration = {
    clusterCIDR: '',
    detectLocalMode: 'BridgeInterface',
    detectLocal: { bridgeInterface: 'cni0' },
  };
  const world = worldOf(web(), { configuration });

  it('is guessed from the ranges of the Node, and the explanation says so', () => {
    assertSays(
      explained(world, pod, clusterIp),
      'the packet comes from 10.244.1.5: taken for traffic of a Pod, as its source is in the podCIDRs of this Node; what decides is whether it comes by the link cni0',
    );
    assert.equal(explained(world, pod, clusterIp).source, 'client');
    assert.equal(explained(world, '10.244.2.3', clusterIp).source, 'node');
  });

  it('is plain where a Pod is asked about', () => {
    assertSays(
      explained(world, 'pod', clusterIp),
      'the packet comes from a Pod: traffic of a Pod, as it comes by the link cni0',
    );
  });

  it('names where the packet filter that is at work has the role which decided', () => {
    const places = (['nftables', 'iptables'] as const).map((packetFilter) => {
      const { steps } = explained(worldOf(web(), { packetFilter }), outside, '203.0.113.80:80');
      return steps.flatMap(({ rule, place }) => (rule === undefined ? [] : [`${rule}: ${place}`]));
    });
    assert.deepEqual(places, [
      ['external: map sources-4, chain masqueraded'],
      ['external: ipset kube-ipvs-external-4'],
    ]);
  });
});
