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

type PacketFilterName = 'nftables' | 'iptables';

interface Measured {
  readonly own: ReadonlyMap<PacketFilterName, CountsOfFrontEnds>;
  readonly kubeProxy: CountsOfFrontEnds;
}

/** What a connection passes on its way to a Pod, beside what it passes with kube-proxy. */
export async function measureDataPath({ options }: Bench): Promise<Section[]> {
  const own = new Map<PacketFilterName, CountsOfFrontEnds>();
  for (const name of packetFilters()) {
    own.set(name, await countOwnRules(options.runs, name));
  }
  const measured = { own, kubeProxy: await countKubeProxyRules(options.runs) };
  return [
    section('the first packet of a connection', 'first', measured),
    section('all packets of a connection (a question and its answer)', 'all', measured),
  ];
}

/** User Mode Linux has no NAT of nf_tables. */
function packetFilters(): readonly PacketFilterName[] {
  return process.env['KUBE_IPVS_IN_TEST_KERNEL'] === 'uml'
    ? ['iptables']
    : ['nftables', 'iptables'];
}

const words = { rules: 'rules', lookUps: 'look-ups' } as const;

function section(what: string, packets: keyof PacketCounts, measured: Measured): Section {
  return {
    title: `data path: ${what}, TCP over IPv4, entering and leaving one node`,
    notes: [
      'Counted in the kernel by rules put before every rule and every look into a set. The bound of iptables is',
      "what kube-proxy's rules of the golden case count, in the same network, and that of nftables what iptables counts.",
    ],
    figures: (['rules', 'lookUps'] as const).flatMap((part) =>
      frontEnds.flatMap(({ name }) => figuresOf(measured, name, packets, part)),
    ),
  };
}

/** Both packet filters and kube-proxy, as far as they were counted. */
function figuresOf(
  { own, kubeProxy }: Measured,
  name: string,
  packets: keyof PacketCounts,
  part: keyof Counts,
): readonly Figure[] {
  const of = (counts: CountsOfFrontEnds | undefined) =>
    (counts?.get(name) ?? []).map((sample) => sample[packets][part]);
  const [nftables, iptables, theirs] = [
    of(own.get('nftables')),
    of(own.get('iptables')),
    of(kubeProxy),
  ];
  const row = (who: string, samples: readonly number[], bound?: Bound): readonly Figure[] =>
    samples.length === 0
      ? []
      : [
          {
            name: `${words[part]}: ${name}: ${who}`,
            unit: 'count',
            samples,
            ...(bound && { bound }),
          },
        ];
  return [
    ...row('nftables', nftables, required(asMany(iptables))),
    ...row(
      'iptables',
      iptables,
      theirs.length === 0 ? undefined : { ...asMany(theirs), status: 'goal' },
    ),
    ...row("kube-proxy's", theirs),
  ];
}

function asMany(samples: readonly number[]): Pick<Bound, 'sense' | 'limit'> {
  return { sense: 'at most', limit: summarize(samples).median };
}

/** Counts are the same on every machine and for every table. */
function required(bound: Pick<Bound, 'sense' | 'limit'>): Bound {
  return { ...bound, status: 'required', quickLimit: bound.limit };
}
