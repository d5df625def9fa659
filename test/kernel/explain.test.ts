import assert from 'node:assert/strict';
import type { Explanation } from '../../src/inspect/explain/explain.ts';
import { ownListener } from '../support/explained-traffic.ts';
import { rawNode } from '../support/manifests.ts';
import {
  families,
  gatewayAddress,
  inHost,
  nodeAddress,
  podAddress,
  type Addresses,
  type Family,
  type HostName,
} from '../support/network.ts';
import { runOnNode } from '../support/network-program.ts';
import {
  frontEndKinds,
  nodePortOf,
  serviceObjects,
  servicePort,
  targetPort,
  vipOf,
  type NetworkEndpoint,
} from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';
import type { Listener, Question, TrafficProtocol } from '../support/traffic.ts';

const here: NetworkEndpoint = { addresses: podAddress['pod-a2'], nodeName: 'node-a' };
const there: NetworkEndpoint = { addresses: podAddress['pod-b2'], nodeName: 'node-b' };
const ownPort = 2222;
/** In no range of a client here. */
const forNobody = { loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8:2::/64'] };

/** Pods are known by their links, and not all addresses of the node have node ports. */
const byLinks = {
  clusterCIDR: '',
  detectLocalMode: 'InterfaceNamePrefix',
  detectLocal: { interfaceNamePrefix: 'pod-' },
  iptables: { masqueradeAll: true },
  nodePortAddresses: ['172.31.0.0/16', 'fd00:31::/32'],
};
/** What the traffic matrix does not have: several reasons at a time, and addresses of the node's own. */
const objects = [
  ...serviceObjects({ name: 'web', number: 1, endpoints: [here] }),
  ...serviceObjects({ name: 'empty-guarded', number: 2, endpoints: [], spec: forNobody }),
  ...serviceObjects({
    name: 'elsewhere-guarded',
    number: 3,
    endpoints: [there],
    externalPolicy: 'Local',
    spec: forNobody,
  }),
  ...serviceObjects({
    name: 'at-the-node',
    number: 4,
    endpoints: [here],
    spec: { externalIPs: Object.values(nodeAddress['node-a']) },
  }),
  {
    ...rawNode('node-a'),
    spec: { podCIDRs: ['10.244.1.0/24', 'fd00:244:1::/48'] },
  },
];
const clients = ['pod-a1', 'pod-b1', 'node-a', 'outside'] as const;

describe('what explain says', function () {
  this.timeout(180_000 * patience);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects,
      configuration: { clusterCIDR: '' },
      agents: {
        'pod-a1': [],
        'pod-b1': [],
        outside: [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'pod-b2': endpointListeners(podAddress['pod-b2']),
        'node-a': (['TCP', 'UDP'] as const).flatMap((protocol) => [
          ...listenersAt(nodeAddress['node-a'], protocol, ownPort),
          ...listenersAt(gatewayAddress['node-a'], protocol, nodePortOf(1, protocol)),
        ]),
      },
    });
  });
  after(() => world.remove());

  it('is what packets do where several things decide, and nothing tells Pods from others', async () => {
    await askAll(
      ['pod-a1', 'node-a', 'outside'],
      [...frontEndQuestions(1), ...vipQuestions(2), ...vipQuestions(3), ...nodeQuestions()],
    );
    assert.deepEqual(await world.disagreements(), []);
  });

  it('is right about virtual servers of others at a VIP: Pods do not reach them, processes of the node do with iptables', async () => {
    await inHost(
      'node-a',
      `ipvsadm -A -t 10.96.0.1:9090 -s rr; ipvsadm -a -t 10.96.0.1:9090 -r 10.244.1.12:${targetPort} -m`,
    );
    const question = { protocol: 'TCP', address: '10.96.0.1', port: 9090 } as const;
    const outcomes = [];
    for (const client of ['node-a', 'pod-a1'] as const) {
      outcomes.push((await world.agent(client).ask(question)).kind);
    }
    const isIptables = process.env['KUBE_IPVS_IN_TEST_KERNEL'] === 'uml';
    assert.deepEqual(outcomes, [isIptables ? 'answered' : 'refused', 'refused']);
  });

  it('is what packets do where Pods are known by their links, all of them are masqueraded, and some addresses have node ports', async () => {
    await world.startProgram('node-a', byLinks);
    await askAll(clients, [...frontEndQuestions(1), ...gatewayQuestions()]);
    await askAll(['pod-a1', 'node-a', 'outside'], vipQuestions(3));
    assert.deepEqual(await world.disagreements(), []);
  });

  it('warns where the kernel is not as desired, and nowhere else', async () => {
    await world.program().stop();
    await inHost(
      'node-a',
      `ipvsadm -e -t 10.96.0.1:80 -r 10.244.1.12:8080 -m -w 0
       ipvsadm -d -u 10.96.0.1:80 -r 10.244.1.12:8080
       ipvsadm -D --sctp-service 10.96.0.1:80
       ip addr del 203.0.113.1/32 dev kube-ipvs0`,
    );
    assert.deepEqual((await explained('default/web')).warnings, [
      'the kernel has the real server 10.244.1.12:8080 of TCP 10.96.0.1:80 with weight 0, not 1: it gets no new connections',
      'the kernel does not have 203.0.113.1 on kube-ipvs0: packets to it go by',
      'the kernel lacks the real server 10.244.1.12:8080 of UDP 10.96.0.1:80: nothing is sent to it',
      'the kernel has no virtual server SCTP 10.96.0.1:80',
    ]);
  });

  async function explained(service: string): Promise<Explanation> {
    const where = ['--manifests', world.folder.path, '--node-name', 'node-a'];
    const output = await runOnNode('node-a', ['explain', service, ...where, '-o', 'json'], byLinks);
    return JSON.parse(output) as Explanation; // docs/explain.md has its form
  }

  async function askAll(
    askers: readonly HostName[],
    questions: readonly Question[],
  ): Promise<void> {
    await Promise.all(
      askers.flatMap((client) => questions.map((question) => world.ask(client, question))),
    );
  }
});

function listenersAt(addresses: Addresses, protocol: TrafficProtocol, port: number): Listener[] {
  return Object.values(addresses).map((address) => ({
    protocol,
    address,
    port,
    name: ownListener,
  }));
}

function vipQuestions(number: number): readonly Question[] {
  return questionsOf((protocol, family) => [
    {
      protocol,
      address: vipOf('load-balancer IP', number)[family],
      port: servicePort,
      // Silence is waited for no longer than has to be.
      timeoutMs: 700,
    },
  ]);
}

function frontEndQuestions(number: number): readonly Question[] {
  return questionsOf((protocol, family) =>
    frontEndKinds.map((kind) =>
      kind === 'node port'
        ? {
            protocol,
            address: nodeAddress['node-a'][family],
            port: nodePortOf(number, protocol),
          }
        : { protocol, address: vipOf(kind, number)[family], port: servicePort },
    ),
  );
}

/** At an address of the node: a front end by an external IP, and listeners of the node. */
function nodeQuestions(): readonly Question[] {
  return questionsOf((protocol, family) => {
    const address = nodeAddress['node-a'][family];
    return [
      { protocol, address, port: servicePort },
      ...(protocol === 'SCTP' ? [] : [{ protocol, address, port: ownPort }]),
    ];
  });
}

/** Node ports at addresses where the configuration wants none. */
function gatewayQuestions(): readonly Question[] {
  return questionsOf((protocol, family) =>
    protocol === 'SCTP'
      ? []
      : [
          {
            protocol,
            address: gatewayAddress['node-a'][family],
            port: nodePortOf(1, protocol),
          },
        ],
  );
}

function questionsOf(
  questions: (protocol: TrafficProtocol, family: Family) => readonly Question[],
): readonly Question[] {
  return allProtocols.flatMap((protocol) =>
    families.flatMap((family) => questions(protocol, family)),
  );
}
