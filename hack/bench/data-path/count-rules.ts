import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadGoldenCases } from '../../../test/support/golden.ts';
import { iptables, iptablesVariant } from '../../../test/support/iptables-variant.ts';
import { buildNetwork, inHost, podAddress, removeNetwork } from '../../../test/support/network.ts';
import { kubeProxyLeftovers } from '../../../test/support/network-leftovers.ts';
import { endpointListeners, NetworkWorld } from '../../../test/support/network-world.ts';
import { TrafficAgent } from '../../../test/support/traffic.ts';
import {
  countingCopy,
  countingTable,
  readNftablesCounts,
  withoutRanges,
} from './counting-nftables.ts';
import { minus, readCounts, withCountingRules, type PacketCounts } from './counting-rules.ts';
import { frontEnds, inKubeProxy, objects, questionTo, type FrontEnd } from './front-ends.ts';

/** By the name of the front end, what each connection to it has passed. */
export type CountsOfFrontEnds = ReadonlyMap<string, readonly PacketCounts[]>;

/** Packets of the end of a connection are still under way when the answer is there. */
const settleMs = 150;

/** With the rules that kube-ipvs has written. */
export async function countOwnRules(
  connections: number,
  packetFilter: 'nftables' | 'iptables',
): Promise<CountsOfFrontEnds> {
  const counter = packetFilter === 'nftables' ? inNftables : inIptables;
  const world = await NetworkWorld.build({
    objects: objects(),
    configuration: { kubeIpvs: { packetFilter, iptablesVariant } },
    agents: {
      outside: [],
      'pod-a1': [],
      'pod-a2': endpointListeners(podAddress['pod-a2'], ['TCP']),
    },
  });
  try {
    // Counting rules look into sets too: the audit would take them for drift.
    await world.program().stop();
    await counter.addCounters();
    return await countAll(counter, frontEnds, ({ client }) => world.agent(client), connections);
  } finally {
    await world.remove();
  }
}

/** With the rules of kube-proxy's golden cases; empty where these are not there. */
export async function countKubeProxyRules(connections: number): Promise<CountsOfFrontEnds> {
  const golden = loadGoldenCases() ?? [];
  const counts = new Map<string, readonly PacketCounts[]>();
  for (const goldenCase of golden) {
    const concerned = frontEnds.filter((frontEnd) => frontEnd.goldenCase === goldenCase.name);
    if (concerned.length > 0) {
      // The other parts of what is expected are those of other Services.
      const expected = { ...goldenCase.expected, ...inKubeProxy } as typeof goldenCase.expected;
      const found = await inKubeProxyNetwork(expected, (agents) =>
        countAll(inIptables, concerned, ({ client }) => agentOf(agents, client), connections),
      );
      found.forEach((value, name) => counts.set(name, value));
    }
  }
  return counts;
}

async function inKubeProxyNetwork(
  expected: Parameters<typeof kubeProxyLeftovers>[0],
  run: (agents: ReadonlyMap<string, TrafficAgent>) => Promise<CountsOfFrontEnds>,
): Promise<CountsOfFrontEnds> {
  await buildNetwork();
  const agents = new Map<string, TrafficAgent>();
  try {
    await inHost('node-a', kubeProxyLeftovers(expected, unusedVip));
    await inIptables.addCounters();
    agents.set('outside', await TrafficAgent.start('outside', []));
    agents.set('pod-a1', await TrafficAgent.start('pod-a1', []));
    const listeners = endpointListeners(podAddress['pod-a2'], ['TCP']);
    agents.set('pod-a2', await TrafficAgent.start('pod-a2', listeners));
    return await run(agents);
  } finally {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    await removeNetwork();
  }
}

const unusedVip = '10.96.0.250';

function agentOf(agents: ReadonlyMap<string, TrafficAgent>, host: string): TrafficAgent {
  const agent = agents.get(host);
  if (agent === undefined) {
    throw new Error(`nobody sends on ${host}`);
  }
  return agent;
}

/** How what a packet passes is counted. */
interface Counter {
  addCounters(): Promise<void>;
  read(): Promise<PacketCounts>;
}

const inIptables: Counter = {
  async addCounters() {
    const saved = await inHost('node-a', `${iptables}-save`);
    await load(`${iptables}-restore`, withCountingRules(saved));
  },
  read: async () => readCounts(await inHost('node-a', `${iptables}-save -c`)),
};

const inNftables: Counter = {
  async addCounters() {
    const listed = await inHost('node-a', 'nft list table inet kube-ipvs');
    // The copy is nobody's; and nft before 1.1 has no word for a table that persists.
    const copied = withoutRanges(listed.replace(/^\tflags .*\n/m, ''));
    await load('nft -f', countingCopy(copied));
  },
  read: async () =>
    readNftablesCounts(await inHost('node-a', `nft list table inet ${countingTable}`)),
};

async function load(command: string, text: string): Promise<void> {
  const file = join(tmpdir(), 'kube-ipvs-bench-rules');
  await writeFile(file, text);
  await inHost('node-a', `${command} ${file}`);
}

async function countAll(
  counter: Counter,
  counted: readonly FrontEnd[],
  agentFor: (frontEnd: FrontEnd) => TrafficAgent,
  connections: number,
): Promise<CountsOfFrontEnds> {
  const counts = new Map<string, readonly PacketCounts[]>();
  for (const frontEnd of counted) {
    const samples: PacketCounts[] = [];
    // The first one only makes the neighbours known to each other.
    for (let connection = -1; connection < connections; connection += 1) {
      const sample = await countConnection(counter, frontEnd, agentFor(frontEnd));
      if (connection >= 0) {
        samples.push(sample);
      }
    }
    counts.set(frontEnd.name, samples);
  }
  return counts;
}

async function countConnection(
  counter: Counter,
  frontEnd: FrontEnd,
  agent: TrafficAgent,
): Promise<PacketCounts> {
  const before = await counter.read();
  const { kind } = await agent.ask(questionTo(frontEnd));
  if (kind !== 'answered') {
    throw new Error(`${frontEnd.name}: ${kind} where an answer is right`);
  }
  await sleep(settleMs);
  return minus(await counter.read(), before);
}
