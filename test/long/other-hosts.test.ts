import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  buildNetwork,
  inHost,
  nodeAddress,
  outsideAddress,
  podAddress,
  removeNetwork,
} from '../support/network.ts';
import { apiServerPort, NetworkApiServer } from '../support/network-api-server.ts';
import { ManifestFolder, NodeProgram } from '../support/network-program.ts';
import { emptyHost } from '../support/network-state.ts';
import { serviceObjects, servicePort, targetPort } from '../support/network-services.ts';
import { TrafficAgent, type Outcome } from '../support/traffic.ts';
import { rawNode, rawService, rawSlice } from '../support/manifests.ts';
import { until } from '../support/until.ts';

const apiServer = outsideAddress.IPv4;
const nodeA = nodeAddress['node-a'].IPv4;
const nodeB = nodeAddress['node-b'].IPv4;
const pod = podAddress['pod-a1'].IPv4;

function withAddress(name: string, address: string): Record<string, unknown> {
  return { ...rawNode(name), status: { addresses: [{ type: 'InternalIP', address }] } };
}
const nodes = [withAddress('node-a', nodeA), withAddress('node-b', nodeB)];

/** A Service with one endpoint. */
function objects(
  name: string,
  clusterIP: string,
  spec: Record<string, unknown> = {},
  ingress: readonly string[] = [],
): readonly Record<string, unknown>[] {
  const addresses = { clusterIP, clusterIPs: [clusterIP] };
  return [
    {
      ...rawService(name, { ...addresses, ...spec }),
      status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
    },
    rawSlice(`${name}-1`, name, { endpoints: [{ addresses: [pod], nodeName: 'node-a' }] }),
  ];
}

/** The addresses on the VIP link of node-a. */
async function bound(): Promise<readonly string[]> {
  const shown = await inHost('node-a', 'ip -o addr show dev kube-ipvs0 2>/dev/null || true');
  return [...shown.matchAll(/inet6? (\S+)/g)].map(([, address = '']) => address);
}

/** Waits until an address is bound on node-a, or is no longer. */
async function becomesBound(address: string, expected = true): Promise<void> {
  const deadline = performance.now() + 60_000;
  while ((await bound()).includes(`${address}/32`) !== expected) {
    assert.ok(performance.now() < deadline, `${address}: bound is ${String(!expected)} for 60 s`);
    await delay(100);
  }
}

describe('an address of another host that a Service has as its VIP', function () {
  this.timeout(240_000);
  let server: NetworkApiServer;
  let program: NodeProgram | undefined;
  const agents: TrafficAgent[] = [];

  before(async () => {
    await buildNetwork();
    server = await NetworkApiServer.start('outside');
  });
  beforeEach(() => {
    server.put(...nodes);
  });
  afterEach(async () => {
    await program?.stop();
    program = undefined;
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
    server.empty();
    await emptyHost('node-a');
  });
  after(async () => {
    await server.stop();
    await removeNetwork();
  });

  async function start(address = apiServer): Promise<NodeProgram> {
    program = await NodeProgram.start('node-a', { kubeconfig: await server.kubeconfig(address) });
    return program;
  }

  async function agent(...args: Parameters<typeof TrafficAgent.start>): Promise<TrafficAgent> {
    const started = await TrafficAgent.start(...args);
    agents.push(started);
    return started;
  }

  /** What an earlier run has left: one that knew of no API server. */
  async function leave(left: readonly unknown[]): Promise<void> {
    const folder = await ManifestFolder.make(left);
    await (await NodeProgram.start('node-a', folder)).stop();
    await folder.remove();
  }

  it('never cuts the node off its API server', async () => {
    await start();
    server.put(...objects('greedy', '10.96.0.50', { externalIPs: [apiServer] }));
    await becomesBound('10.96.0.50');
    server.put(...objects('late', '10.96.0.51'));
    await becomesBound('10.96.0.51');
    assert.deepEqual((await bound()).toSorted(), ['10.96.0.50/32', '10.96.0.51/32']);
    await until('an Event says why', () => server.eventsOf('greedy').length > 0, 20_000);
    assert.match(
      server.eventsOf('greedy')[0] ?? '',
      /^ExternalIPRefused .*198\.51\.100\.5 is an address of the API server/,
    );
  });

  it('does so neither by its port, which IPVS would take from a process of the node', async () => {
    await start();
    const ports = [{ name: 'http', protocol: 'TCP', port: apiServerPort, targetPort }];
    server.put(...objects('greedy', '10.96.0.50', { externalIPs: [apiServer], ports }));
    await becomesBound('10.96.0.50');
    await program?.stop();
    await start();
    server.put(...objects('late', '10.96.0.51'));
    await becomesBound('10.96.0.51');
  });

  it('is given up at the start, where an earlier run has bound it', async () => {
    const ports = [{ name: 'http', protocol: 'TCP', port: apiServerPort, targetPort }];
    const greedy = objects('greedy', '10.96.0.50', { externalIPs: [apiServer], ports });
    const empty = objects('empty', '10.96.0.52', { externalIPs: [apiServer] })[0];
    await leave([...greedy, empty]);
    assert.ok((await bound()).includes(`${apiServer}/32`));
    server.put(...greedy);
    const { messages } = await start();
    assert.deepEqual(await bound(), ['10.96.0.50/32']);
    assert.ok(
      messages.includes(
        'unbound 198.51.100.5, which a Service had taken on this node: it is an address of the API server',
      ),
      messages.join('\n'),
    );
  });

  it('is given up at the start, where kube-proxy has bound it', async () => {
    await inHost(
      'node-a',
      `ip link add kube-ipvs0 type dummy; ip addr add ${apiServer}/32 dev kube-ipvs0
       ip addr add 10.96.0.99/32 dev kube-ipvs0
       ipset create KUBE-IPVS-IPS hash:ip; ipset add KUBE-IPVS-IPS ${apiServer}
       ipset create KUBE-CLUSTER-IP hash:ip,port; ipset add KUBE-CLUSTER-IP 10.96.0.50,tcp:80`,
    );
    await start();
    assert.deepEqual(await bound(), ['10.96.0.99/32']);
  });

  it('stays at the start where it is the cluster IP of the API server, which leads there', async () => {
    const kubernetes = [
      rawService('kubernetes', {
        clusterIP: '10.96.0.1',
        clusterIPs: ['10.96.0.1'],
        ports: [{ name: 'https', protocol: 'TCP', port: apiServerPort, targetPort: apiServerPort }],
      }),
      rawSlice('kubernetes', 'kubernetes', {
        endpoints: [{ addresses: [apiServer] }],
        ports: [{ name: 'https', protocol: 'TCP', port: apiServerPort }],
      }),
    ];
    await leave(kubernetes);
    server.put(...kubernetes);
    await start('10.96.0.1');
    assert.deepEqual(await bound(), ['10.96.0.1/32']);
    // The endpoints of the API server's Service are its addresses.
    server.put(...objects('greedy', '10.96.0.50', { externalIPs: [apiServer] }));
    await becomesBound('10.96.0.50');
    assert.ok(!(await bound()).includes(`${apiServer}/32`));
  });

  it('stays that of its Node, where k3s writes the addresses of all nodes into the status', async () => {
    const [pods, client] = [
      await agent('pod-a1', [{ protocol: 'TCP', address: pod, port: targetPort }]),
      await agent('pod-a2', []),
    ];
    assert.ok(pods);
    await agent('node-b', [{ protocol: 'TCP', address: nodeB, port: servicePort }]);
    server.put(...objects('traefik', '10.96.0.60', {}, [nodeA, nodeB]));
    await start();
    const by = async (address: string): Promise<Outcome> =>
      client.ask({ protocol: 'TCP', address, port: servicePort });
    const answerers = [];
    for (const address of [nodeA, nodeB, '10.96.0.60']) {
      const outcome = await by(address);
      answerers.push(outcome.kind === 'answered' ? outcome.by : outcome.kind);
    }
    assert.deepEqual(answerers, ['pod-a1', 'node-b', 'pod-a1']);
    assert.deepEqual(await bound(), ['10.96.0.60/32']);
    await until('an Event says why', () => server.eventsOf('traefik').length > 0, 20_000);
    assert.match(
      server.eventsOf('traefik').join(),
      /^LoadBalancerIPRefused .*172\.31\.2\.10 is an address of Node node-b/,
    );
    // A node that comes gets its address, and one that goes gives it back.
    const nodeC = withAddress('node-c', '203.0.113.77');
    server.put(...objects('traefik', '10.96.0.60', {}, [nodeA, nodeB, '203.0.113.77']));
    await becomesBound('203.0.113.77');
    server.put(nodeC);
    await becomesBound('203.0.113.77', false);
    server.remove(nodeC);
    await becomesBound('203.0.113.77');
  });
});

describe('a virtual server of others at the VIP of a Service', function () {
  this.timeout(240_000);

  it('stays and is refused, and the log says so', async () => {
    await buildNetwork();
    const endpoint = { addresses: podAddress['pod-a1'], nodeName: 'node-a' } as const;
    const folder = await ManifestFolder.make(
      serviceObjects({ name: 'web', number: 1, endpoints: [endpoint], protocols: ['TCP'] }),
    );
    await inHost(
      'node-a',
      `ipvsadm -A -t 10.96.0.1:9090 -s rr; ipvsadm -a -t 10.96.0.1:9090 -r ${pod}:${targetPort} -m`,
    );
    const agents = [
      await TrafficAgent.start('pod-a1', [{ protocol: 'TCP', address: pod, port: targetPort }]),
      await TrafficAgent.start('pod-a2', []),
      await TrafficAgent.start('outside', []),
    ];
    const program = await NodeProgram.start('node-a', folder);
    try {
      for (const client of agents.slice(1)) {
        const outcome = await client.ask({ protocol: 'TCP', address: '10.96.0.1', port: 9090 });
        assert.equal(outcome.kind, 'refused');
      }
      assert.match(await inHost('node-a', 'ipvsadm -Ln'), /10\.96\.0\.1:9090/);
      assert.deepEqual(
        program.complaints.filter((line) => line.includes('9090')),
        [
          'virtual server TCP 10.96.0.1:9090 was not made by kube-ipvs and stays, but its address is a VIP of Service default/web, which has no such port: connections from Pods and other hosts are refused; give the Service that port, or the virtual server an address of its own',
        ],
      );
    } finally {
      await program.stop();
      await Promise.all(agents.map((each) => each.stop()));
      await folder.remove();
      await removeNetwork();
    }
  });
});
