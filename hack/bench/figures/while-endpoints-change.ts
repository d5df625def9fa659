import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { Figure, Unit } from '../figure.ts';
import { valuesOf, type Reading } from '../reading.ts';
import { timesOf } from './ratio-figure.ts';

/** What a probe of changes that somebody watches has measured. */
export interface Watched {
  readonly services: number;
  readonly endpoints: number;
  readonly changes: number;
  readonly figure: (title: string, reading: string, unit?: Unit) => Figure;
  /** With its ratio to the p99 that nothing else disturbs. */
  readonly tail: (title: string, reading: string) => Figure;
}

/**
 * Runs a probe as often as is asked for, with at most so many changes. `usualTail` is what the p99 that
 * nothing else disturbs is called.
 */
export async function whileEndpointsChange(
  { options, probe }: Bench,
  name: Parameters<Bench['probe']>[0],
  { mostChanges, usualTail }: { readonly mostChanges: number; readonly usualTail: string },
): Promise<Watched> {
  const services = options.quick ? options.services : 2 * options.services;
  const changes = options.quick ? 100 : mostChanges;
  const { endpoints } = options;
  const readings: Reading[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    readings.push(await probe(name, { services, endpoints, changes }));
  }
  const figure = (title: string, reading: string, unit: Unit = 'ms'): Figure => ({
    name: title,
    unit,
    samples: valuesOf(readings, reading),
  });
  const tail = (title: string, reading: string): Figure => ({
    ...figure(title, reading),
    below: [
      timesOf(
        usualTail,
        valuesOf(readings, reading),
        valuesOf(readings, 'usual p99'),
        bounds.counters,
      ),
    ],
  });
  return { services, endpoints, changes, figure, tail };
}
