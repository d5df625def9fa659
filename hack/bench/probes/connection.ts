import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kubeProxyLeftovers } from '../../../test/support/network-leftovers.ts';
import { startArguments } from '../../build/node-options.ts';
import {
  clusterCIDR,
  likeGoldenCase,
  manifest,
  outsideClient,
  pod,
  podClient,
  podPort,
  port,
  vip,
} from '../connection/cluster.ts';
import { Hosts, type Way } from '../connection/hosts.ts';
import type { RulesOfConnections } from '../connection/rules.ts';
import { goldenRulesFile } from '../places.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { configuration } from './configuration.ts';

/** Questions that are asked more than one: how much longer that takes is the price of each. */
const moreQuestions = 5;

/**
 * What a connection costs in microseconds, with some rules: one of TCP as a whole, and of UDP the first question with
 * its answer and a later one. The probe's network namespace is the node; client and server have one each.
 */
export async function connection(input: ProbeInput, rules: RulesOfConnections): Promise<Reading> {
  const hosts = new Hosts();
  try {
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    await hosts.add('pod', [pod]);
    await hosts.add('client', [podClient, outsideClient]);
    fillKernel(input, rules);
    await hosts.serve('pod', podPort);
    const time = (way: Way): number => hosts.time('client', way);
    return {
      ...timesOf('from a Pod', { from: podClient, to: vip, port }, time),
      ...timesOf('from outside', { from: outsideClient, to: vip, port }, time),
      ...timesOf('to the Pod itself', { from: podClient, to: pod, port: podPort }, time),
    };
  } finally {
    await hosts.remove();
  }
}

function timesOf(name: string, way: Way, time: (way: Way) => number): Reading {
  const first = time({ ...way, questions: 1 });
  const later = (time({ ...way, questions: 1 + moreQuestions }) - first) / moreQuestions;
  return {
    [`${name}: connection`]: time(way),
    [`${name}: first`]: first,
    [`${name}: later`]: later,
  };
}

function fillKernel(input: ProbeInput, rules: RulesOfConnections): void {
  switch (rules) {
    case 'nftables':
      runProgram(input, { packetFilter: 'nftables' });
      return;
    case 'iptables-legacy':
      runProgram(input, { packetFilter: 'iptables', iptablesVariant: 'legacy' });
      return;
    case 'iptables-nft':
      runProgram(input, { packetFilter: 'iptables', iptablesVariant: 'nft' });
      return;
    case 'no rules':
      leaveLikeKubeProxy([], 'iptables-legacy');
      return;
    case 'conntrack alone':
      leaveLikeKubeProxy([], 'iptables-legacy');
      load(tracking);
      return;
    case 'conntrack and NAT alone':
      leaveLikeKubeProxy([], 'iptables-legacy');
      load([...tracking, nat]);
      return;
    case 'kube-proxy with iptables-legacy':
      leaveLikeKubeProxy(goldenRules(input), 'iptables-legacy');
      return;
    case 'kube-proxy with iptables-nft':
      leaveLikeKubeProxy(goldenRules(input), 'iptables-nft');
  }
}

/** Leaves everything in the kernel as the running program has it. */
function runProgram({ folder, program }: ProbeInput, kubeIpvs: object): void {
  const manifests = join(folder, 'connection');
  mkdirSync(manifests, { recursive: true });
  writeFileSync(join(manifests, 'cluster.json'), JSON.stringify(manifest()));
  const config = join(folder, 'connection.json');
  writeFileSync(config, JSON.stringify({ ...configuration, clusterCIDR, kubeIpvs }));
  const args = [...startArguments(program), 'run', '--once', '--manifests', manifests];
  execFileSync(process.execPath, [...args, '--config', config], { stdio: 'ignore' });
}

/** The same virtual servers and addresses, and these rules. */
function leaveLikeKubeProxy(iptables: readonly string[], program: string): void {
  const script = kubeProxyLeftovers(likeGoldenCase(iptables), '10.96.0.250', program);
  execFileSync('bash', ['-euc', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A rule that no packet meets: the kernel tracks connections as long as there is one that asks for it. */
const tracking = ['add chain inet bench tracking', 'add rule inet bench tracking ct state new'];
const nat = 'add chain inet bench nat { type nat hook prerouting priority -100; }';

function load(lines: readonly string[]): void {
  execFileSync('nft', ['-f', '-'], { input: ['add table inet bench', ...lines, ''].join('\n') });
}

/** Copied there by bundle-probes.ts. */
function goldenRules({ program }: ProbeInput): readonly string[] {
  const text = readFileSync(goldenRulesFile(dirname(program)), 'utf8');
  return JSON.parse(text) as readonly string[]; // as bundle-probes.ts writes it
}
