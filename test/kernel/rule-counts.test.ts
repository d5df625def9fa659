import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import { inHost, podAddress } from '../support/network.ts';
import { serviceObjects, servicePort, targetPort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';

/** The text of the chains is constant by construction: a hundred Services show it as ten thousand do. */
const many = 100;

interface RuleCounts {
  /** Our chains and jumps, word for word. */
  readonly text: string;
  readonly rules: number;
  /** Of our rules and jumps, how many packets of one connection met each, in their order. */
  readonly passed: readonly number[];
}

describe('the chains with many Services', function () {
  this.timeout(120_000);
  let world: NetworkWorld;
  const counts = new Map<'IPv4' | 'IPv6', { one: RuleCounts; many: RuleCounts }>();

  before(async () => {
    world = await NetworkWorld.build({
      objects: web,
      agents: { outside: [], 'pod-a2': endpointListeners(podAddress['pod-a2'], ['TCP']) },
    });
    const one = [await countRules('IPv4'), await countRules('IPv6')] as const;
    const startedAt = performance.now();
    await world.folder.put([...web, ...clusterIpServices(many - 1)]);
    await isProgrammed(many - 1);
    console.log(`      ${many} Services after ${seconds(startedAt)} s`);
    counts.set('IPv4', { one: one[0], many: await countRules('IPv4') });
    counts.set('IPv6', { one: one[1], many: await countRules('IPv6') });
  });
  after(() => world.remove());

  for (const family of ['IPv4', 'IPv6'] as const) {
    it(`are as long as with one over ${family}`, () => {
      const { one, many: all } = countsOf(family);
      console.log(`      rules with 1 Service: ${one.rules}, with ${many}: ${all.rules}`);
      assert.ok(one.rules > 0);
      assert.equal(all.text, one.text);
    });

    it(`let a connection pass as many rules over ${family}`, () => {
      const { one, many: all } = countsOf(family);
      const [first, second] = [sum(one.passed), sum(all.passed)];
      console.log(`      packets that matched a rule: with 1: ${first}, with ${many}: ${second}`);
      assert.ok(first > 0);
      assert.deepEqual(all.passed, one.passed);
    });
  }

  function countsOf(family: 'IPv4' | 'IPv6') {
    const found = counts.get(family);
    assert.ok(found);
    return found;
  }

  /** Sends one connection from outside to the cluster IP, and reads the counters. */
  async function countRules(family: 'IPv4' | 'IPv6'): Promise<RuleCounts> {
    const question = {
      protocol: 'TCP',
      address: vipOf('cluster IP', 1)[family],
      port: servicePort,
    } as const;
    // The neighbours must know each other: only then two connections are the same packets.
    assert.equal((await world.agent('outside').ask(question)).kind, 'answered');
    await delay(100);
    const before = await readRules(family);
    assert.equal((await world.agent('outside').ask(question)).kind, 'answered');
    await delay(100);
    const after = await readRules(family);
    return {
      text: after.map(({ text }) => text).join('\n'),
      rules: after.length,
      passed: after.map(({ packets }, at) => packets - (before[at]?.packets ?? 0)),
    };
  }

  async function isProgrammed(count: number): Promise<void> {
    for (let entries = 0; entries < count;) {
      await delay(100);
      // The addresses come last.
      entries = Number(await inHost('node-a', 'ip -o -4 addr show dev kube-ipvs0 | wc -l'));
    }
  }
});

/** Our rules, and the jumps to them, with their counters. */
async function readRules(family: 'IPv4' | 'IPv6') {
  const program = family === 'IPv4' ? iptables : ip6tables;
  return (await inHost('node-a', `${program}-save -c`))
    .split('\n')
    .filter((line) => line.includes('KIPVS') && line.startsWith('['))
    .map((line) => {
      const [, packets = '', text = ''] = /^\[(\d+):\d+\] (.*)/.exec(line) ?? [];
      return { packets: Number(packets), text };
    });
}

const web = serviceObjects({
  name: 'web',
  number: 1,
  protocols: ['TCP'],
  endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
});

/** Plain Services: a cluster IP and an endpoint each. */
function clusterIpServices(count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `many-${at}`;
    const place = `${at >> 8}.${at & 255}`;
    const clusterIP = `10.100.${place}`;
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: {
          clusterIP,
          clusterIPs: [clusterIP],
          ports: [{ name: 'tcp', protocol: 'TCP', port: servicePort, targetPort }],
        },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-1`,
          namespace: 'default',
          labels: { 'kubernetes.io/service-name': name },
        },
        addressType: 'IPv4',
        endpoints: [{ addresses: [`10.244.100.${at & 127}`], nodeName: 'node-b' }],
        ports: [{ name: 'tcp', protocol: 'TCP', port: targetPort }],
      },
    ];
  }).flat();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function seconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
