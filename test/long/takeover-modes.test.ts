import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { canRun } from '../support/can-run.ts';
import { GoingOn, type Asker } from '../support/going-on.ts';
import {
  iptablesModeRules,
  kubeletRules,
  rulesOfOthers,
  type KubeProxyVersion,
  type ProxiedCluster,
  type ProxiedPort,
  type RulesFamily,
} from '../support/kube-proxy-rules.ts';
import { nftablesModeRules } from '../support/kube-proxy-nftables.ts';
import { inHost, nodeAddress, podAddress } from '../support/network.ts';
import { runOnNode } from '../support/network-program.ts';
import {
  nodePortOf,
  serviceObjects,
  servicePort,
  targetPort,
  vipOf,
} from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { packetFilter } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import { ofOthers, printRules, rulesIn } from '../support/printed-rules.ts';

/** A Service with one endpoint on the node itself and one on the other. */
const service = 1;
const protocols = ['TCP', 'UDP'] as const;
const endpoints = ['pod-a2', 'pod-b2'] as const;
/** Without clusterCIDR kube-proxy does not masquerade what a process of the node sends. */
const configuration = { clusterCIDR: '' };

const modes: readonly {
  readonly name: string;
  readonly version: KubeProxyVersion;
  readonly variant: 'nft' | 'legacy';
  readonly isNftables: boolean;
}[] = [
  { name: 'iptables, variant nft', version: '1.36', variant: 'nft', isNftables: false },
  { name: 'iptables, variant legacy', version: '1.30', variant: 'legacy', isNftables: false },
  { name: 'nftables', version: '1.36', variant: 'nft', isNftables: true },
  { name: 'nftables of an older release', version: '1.30', variant: 'nft', isNftables: true },
];
// User Mode Linux has no NAT for nf_tables.
const isUml = process.env['KUBE_IPVS_IN_TEST_KERNEL'] === 'uml';

for (const mode of modes.filter(({ variant }) => !isUml || variant === 'legacy')) {
  describe(`taking over from kube-proxy in mode ${mode.name}, and giving back`, function () {
    this.timeout(300_000 * patience);
    this.slow(60_000 * patience);
    let world: NetworkWorld;
    let going: GoingOn;
    /** What is to end what has been started. */
    const ends: (() => Promise<unknown>)[] = [];
    let rulesBefore: string;
    let withKubeProxy: string;
    let kubeProxy: ChildProcess | undefined;

    before(async function () {
      if (mode.variant === 'legacy' && !(await canRun('iptables-legacy -S'))) {
        this.skip();
      }
      world = await NetworkWorld.build({
        objects: serviceObjects({
          name: 'web',
          number: service,
          protocols,
          endpoints: endpoints.map((pod) => ({
            addresses: podAddress[pod],
            nodeName: pod === 'pod-a2' ? 'node-a' : 'node-b',
          })),
        }),
        nodes: [],
        agents: {
          'pod-a1': [],
          'pod-a2': endpointListeners(podAddress['pod-a2'], protocols),
          'pod-b2': endpointListeners(podAddress['pod-b2'], protocols),
          'node-a': [],
          outside: [],
        },
      });
      ends.push(() => world.remove());
      await restore(`${kubeletRules}${rulesOfOthers}`, ['IPv4']);
      rulesBefore = await rulesOfNode();
      await writeKubeProxyRules();
      withKubeProxy = await rulesOfNode();
      assert.notEqual(withKubeProxy, rulesBefore);
      going = await GoingOn.start(world, askers);
      ends.push(() => going.stop());
      assert.deepEqual(going.failures, [], 'kube-proxy serves');
    });
    after(async () => {
      kubeProxy?.kill();
      for (const end of ends.toReversed()) {
        await end();
      }
    });

    it('loses and refuses nothing while kube-ipvs starts beside its rules', async () => {
      await world.startProgram('node-a', configuration);
      await nothingLost();
      await going.open(askers);
    });

    it('is refused while a kube-proxy runs, and says how it was seen', async () => {
      await startKubeProxy();
      await assert.rejects(cleanup('--kube-proxy'), /a kube-proxy still runs .*\(process \d+\)/);
      assert.match(await cleanup('--kube-proxy', '--dry-run'), /^would delete (rule|table) /);
      stopKubeProxy();
      assert.equal(ofOthers(await rulesOfNode()), ofOthers(withKubeProxy));
    });

    it('takes its rules away and nothing else, and loses and refuses nothing', async () => {
      await cleanup('--kube-proxy');
      assert.equal(ofOthers(await rulesOfNode()), rulesBefore);
      await nothingLost();
      await going.open(askers);
    });

    it('gives back: loses and refuses nothing while kube-proxy writes its rules again', async () => {
      await world.program().stop();
      await writeKubeProxyRules();
      await nothingLost();
    });

    it('takes its own rules away, but for the masquerade of what leaves with a VIP', async () => {
      await assert.rejects(cleanup('--packet-filter'), /no kube-proxy is seen/);
      await startKubeProxy();
      assert.match(await cleanup('--packet-filter', '--dry-run'), ourRules[packetFilter]);
      await cleanup('--packet-filter');
      await nothingLost();
      await going.open(askers);
      await nothingLost();
    });

    it('leaves the node as it was with kube-proxy, and loses and refuses nothing', async () => {
      await going.kept();
      await going.closeKept();
      // A process of the node sends with the VIP as its source: what is under way when that goes is lost.
      await going.withoutQuestionsOf('node-a', cleanup);
      await nothingLost();
      assert.equal(await rulesOfNode(), withKubeProxy);
      assert.doesNotMatch(await inHost('node-a', 'ip -o link; ipvsadm -Sn'), /kube-ipvs0|-A /);
      console.log(`      ${going.asked} questions over new connections`);
    });

    async function nothingLost(): Promise<void> {
      await going.kept();
      assert.deepEqual(going.failures, []);
    }

    async function startKubeProxy(): Promise<void> {
      await copyFile('/usr/bin/sleep', '/tmp/kube-proxy');
      kubeProxy = spawn('/tmp/kube-proxy', ['600'], { stdio: 'ignore' });
    }

    function stopKubeProxy(): void {
      kubeProxy?.kill();
      kubeProxy = undefined;
    }

    async function writeKubeProxyRules(): Promise<void> {
      for (const family of ['IPv4', 'IPv6'] as const) {
        const cluster = clusterOf(family);
        if (mode.isNftables) {
          await inHost('node-a', here('nft -f -', nftablesModeRules(mode.version, cluster)));
        } else {
          await restore(iptablesModeRules(mode.version, cluster), [family]);
        }
      }
    }

    async function restore(text: string, families: readonly RulesFamily[]): Promise<void> {
      for (const family of families) {
        const program = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${mode.variant}-restore`;
        await inHost('node-a', here(`${program} --noflush`, text));
      }
    }
  });
}

/** What of our packet filter goes, as it is told before. */
const ourRules = {
  nftables: /^would delete chain nat-prerouting of table inet kube-ipvs \(nftables\)$/m,
  iptables: /^would delete chain KIPVS-INPUT of table filter \(iptables-(legacy|nft)\)$/m,
} as const;

function cleanup(...options: readonly string[]): Promise<string> {
  return runOnNode('node-a', ['cleanup', ...options], configuration);
}

function clusterOf(family: RulesFamily): ProxiedCluster {
  const ports = protocols.map((protocol): ProxiedPort => {
    const ip = (pod: (typeof endpoints)[number]) => podAddress[pod][family];
    return {
      name: `default/web:${protocol.toLowerCase()}`,
      protocol,
      clusterIp: vipOf('cluster IP', service)[family],
      port: servicePort,
      nodePort: nodePortOf(service, protocol),
      endpoints: endpoints.map((pod) =>
        family === 'IPv4' ? `${ip(pod)}:${targetPort}` : `[${ip(pod)}]:${targetPort}`,
      ),
    };
  });
  return { family, ports, nodeAddresses: [nodeAddress['node-a'][family]] };
}

/** A Pod and the node itself at the cluster IP, a Pod and somebody outside at the node port. */
const askers: readonly Asker[] = protocols.flatMap((protocol) => {
  const atVip = { protocol, address: vipOf('cluster IP', service).IPv4, port: servicePort };
  const atNode = {
    protocol,
    address: nodeAddress['node-a'].IPv4,
    port: nodePortOf(service, protocol),
  };
  // One client asks 50 times a second by each way, over TCP; the others now and then.
  const often = protocol === 'TCP' ? 20 : 250;
  return [
    { client: 'pod-a1', question: atVip, everyMs: often },
    { client: 'node-a', question: atVip, everyMs: 250 },
    { client: 'pod-a1', question: atNode, everyMs: often },
    { client: 'outside', question: atNode, everyMs: 250 },
  ] as const;
});

async function rulesOfNode(): Promise<string> {
  return rulesIn(await inHost('node-a', printRules));
}

function here(command: string, text: string): string {
  return `${command} <<'END'\n${text}END`;
}
