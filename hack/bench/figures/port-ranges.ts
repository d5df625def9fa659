import type { Bench } from '../bench.ts';
import type { Figure, Unit } from '../figure.ts';
import { portRangesProbe, type ProbeName } from '../probe-names.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

const services = 100;
const filters = ['nftables', 'iptables'] as const;

/** What port ranges cost, by packet filter. */
export async function measurePortRanges({ options, probe }: Bench): Promise<Section[]> {
  const sections: Section[] = [];
  for (const filter of filters) {
    const name: ProbeName = portRangesProbe(filter);
    const readings: Reading[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      readings.push(await probe(name, { services, endpoints: 1 }));
    }
    sections.push({
      title: `port ranges, ${filter}: ${services} Services with 10,000 UDP ports each`,
      notes: [
        'The whole program with --once, with the Services in place already: without ranges, and with them for the',
        'first time; how much more the kernel has for itself then; and a question over UDP from outside with its answer, client, server and kernel together.',
      ],
      figures: [
        figure('run --once without ranges', 'ms', readings, 'without ranges'),
        figure('run --once with ranges', 'ms', readings, 'with ranges'),
        figure("the kernel's memory", 'kB', readings, 'kernel kB'),
        figure('elements of sets and maps', 'count', readings, 'elements'),
        ...['an ordinary port', 'a port of a range'].map((port) =>
          figure(`first packet to ${port}`, 'us', readings, `first packet to ${port}`),
        ),
      ],
    });
  }
  return sections;
}

function figure(name: string, unit: Unit, readings: readonly Reading[], value: string): Figure {
  return { name, unit, samples: valuesOf(readings, value) };
}
