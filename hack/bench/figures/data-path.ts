import {
  countKubeProxyRules,
  countOwnRules,
  type CountsOfFrontEnds,
} from '../data-path/count-rules.ts';
import type { Counts, PacketCounts } from '../data-path/counting-rules.ts';
import { frontEnds } from '../data-path/front-ends.ts';
import type { Bench } from '../bench.ts';
import type { Bound, Figure } from '../figure.ts';
import type { Section } from '../report.ts';
import { summarize } from '../statistics.ts';

/** What a connection passes on its way to a Pod, beside what it passes with kube-proxy. */
export async function measureDataPath({ options }: Bench): Promise<Section[]> {
  const own = await countOwnRules(options.runs, 'iptables');
  const kubeProxy = await countKubeProxyRules(options.runs);
  return [
    section('the first packet of a connection', 'first', own, kubeProxy),
    section('all packets of a connection (a question and its answer)', 'all', own, kubeProxy),
  ];
}

function section(
  what: string,
  packets: keyof PacketCounts,
  own: CountsOfFrontEnds,
  kubeProxy: CountsOfFrontEnds,
): Section {
  const figure = (name: string, part: keyof Counts, word: string): Figure => {
    const samples = valuesOf(own, name, packets, part);
    const theirs = valuesOf(kubeProxy, name, packets, part);
    const row = { name: `${word}: ${name}`, unit: 'count', samples } as const;
    return theirs.length === 0 ? row : { ...row, bound: asMany(summarize(theirs).median, part) };
  };
  return {
    title: `data path: ${what}, TCP over IPv4, entering and leaving one node`,
    notes: [
      'Counted in the kernel by rules put before every rule and every look into a set. The bound is',
      "what kube-proxy's rules of the golden case count, in the same network.",
    ],
    figures: [
      ...frontEnds.map(({ name }) => figure(name, 'rules', 'rules')),
      ...frontEnds.map(({ name }) => figure(name, 'lookUps', 'look-ups')),
    ],
  };
}

/** Counts are the same on every machine and for every table: what holds is required at once. */
function asMany(limit: number, part: keyof Counts): Bound {
  return part === 'rules'
    ? { sense: 'at most', limit, status: 'required', quickLimit: limit }
    : { sense: 'at most', limit, status: 'goal' };
}

function valuesOf(
  counts: CountsOfFrontEnds,
  name: string,
  packets: keyof PacketCounts,
  part: keyof Counts,
): number[] {
  return (counts.get(name) ?? []).map((sample) => sample[packets][part]);
}
