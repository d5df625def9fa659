import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

const filters = ['iptables-legacy', 'iptables-nft'] as const;

/** What our rules cost a connection, for each packet filter. */
export async function measureConnection({ options, probe }: Bench): Promise<Section[]> {
  const sections: Section[] = [];
  for (const filter of filters) {
    const readings: Reading[] = [];
    // The first one loads modules.
    for (let run = -1; run < options.runs; run += 1) {
      const reading = await probe(`connection, ${filter}`, { services: 1, endpoints: 1 });
      if (run >= 0) {
        readings.push(reading);
      }
    }
    sections.push(section(filter, readings));
  }
  return sections;
}

function section(filter: string, readings: readonly Reading[]): Section {
  const figure = (name: string): Figure => ({
    name,
    unit: 'us',
    samples: valuesOf(readings, name),
  });
  const rules: Figure = {
    name: 'our rules alone, through a cluster IP',
    unit: 'us',
    samples: valuesOf(readings, 'through a cluster IP').map(
      (us, run) => us - (valuesOf(readings, 'the same without our rules')[run] ?? Number.NaN),
    ),
  };
  return {
    title: `a TCP connection, connect and reset, with ${filter}`,
    notes: [
      'Client, server and kernel together, 1,000 connections in turn between two network namespaces.',
      'With the counted clock a microsecond is a thousand instructions.',
    ],
    figures: [
      figure('to the Pod itself'),
      { ...figure('through a cluster IP'), below: [figure('the same without our rules'), rules] },
      figure('through a cluster IP from outside (masqueraded)'),
    ],
  };
}
