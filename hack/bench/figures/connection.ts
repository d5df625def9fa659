import { existsSync } from 'node:fs';
import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import { rulesOfConnections, type RulesOfConnections } from '../connection/rules.ts';
import type { Bound, Figure } from '../figure.ts';
import { dist, goldenRulesFile } from '../places.ts';
import { connectionProbe } from '../probe-names.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { summarize } from '../statistics.ts';

const parts = [
  { part: 'first', title: 'the first packet of a connection (a question over UDP) and its answer' },
  { part: 'later', title: 'a later packet and its answer' },
  { part: 'connection', title: 'a whole connection (TCP, connect and reset)' },
] as const;

const ways = ['from a Pod', 'from outside'] as const;
const wayText = {
  'from a Pod': 'through a cluster IP, from a Pod',
  'from outside': 'through a cluster IP, from outside (masqueraded)',
} as const;

type Part = (typeof parts)[number]['part'];
type Way = (typeof ways)[number];
type Readings = ReadonlyMap<RulesOfConnections, readonly Reading[]>;

/** What rules cost a connection: ours by either packet filter, and kube-proxy's. */
export async function measureConnection({ options, probe }: Bench): Promise<Section[]> {
  const readings = new Map<RulesOfConnections, Reading[]>();
  const measured = rulesOfConnections.filter(
    (rules) => !rules.startsWith('kube-proxy') || existsSync(goldenRulesFile(dist)),
  );
  for (const rules of measured) {
    const ofRules: Reading[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      ofRules.push(await probe(connectionProbe(rules), { services: 1, endpoints: 1 }));
    }
    readings.set(rules, ofRules);
  }
  return parts.map(({ part, title }) => section(part, title, readings));
}

function section(part: Part, title: string, readings: Readings): Section {
  return {
    title: `rules: ${title}`,
    notes: [
      'Client, server and kernel together, the median of 15 batches of 20 between two network namespaces. With the',
      'counted clock a microsecond is a thousand instructions. Added: to conntrack alone, without any rule: what',
      'IPVS masquerades has to be tracked.',
    ],
    figures: [
      {
        name: 'to the Pod itself, no rules',
        unit: 'us',
        samples: samplesOf(readings, 'no rules', `to the Pod itself: ${part}`),
      },
      ...ways.flatMap((way) =>
        [...readings.keys()].map((rules) => figure(part, way, rules, readings)),
      ),
    ],
  };
}

function figure(part: Part, way: Way, rules: RulesOfConnections, readings: Readings): Figure {
  const samples = (of: RulesOfConnections) => samplesOf(readings, of, `${way}: ${part}`);
  const bare = summarize(samples('conntrack alone')).median;
  const all: Figure = { name: `${wayText[way]}: ${rules}`, unit: 'us', samples: samples(rules) };
  if (rules === 'no rules' || rules === 'conntrack alone') {
    return all;
  }
  const added: Figure = {
    name: 'added',
    unit: 'us',
    samples: samples(rules).map((us) => us - bare),
    ...(rules === 'nftables' && part === 'connection' && way === 'from a Pod'
      ? { bound: bounds.connectionRules }
      : {}),
  };
  return rules === 'nftables'
    ? { ...all, bound: lessThanIptables(samples), below: [added] }
    : { ...all, below: [added] };
}

/** The cheaper one of both variants. */
function lessThanIptables(samples: (of: RulesOfConnections) => readonly number[]): Bound {
  const medians = (['iptables-legacy', 'iptables-nft'] as const).map(
    (rules) => summarize(samples(rules)).median,
  );
  return { sense: 'at most', limit: Math.min(...medians), status: 'required' };
}

function samplesOf(readings: Readings, rules: RulesOfConnections, name: string): number[] {
  return valuesOf(readings.get(rules) ?? [], name);
}
