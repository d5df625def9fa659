import type { BenchOptions } from './options.ts';
import type { ProbeInput, ProbeName } from './probe-names.ts';
import type { Reading } from './reading.ts';

/** What the measurement of a figure works with. */
export interface Bench {
  readonly options: BenchOptions;
  /** Runs a probe in a process and a network namespace of its own. */
  readonly probe: (name: ProbeName, size: ProbeSize) => Promise<Reading>;
  /** Runs a program of hack/bench by its name, `start`, likewise; the JSON that it prints. */
  readonly runFile: (name: string, args: readonly string[]) => Promise<unknown>;
}

export type ProbeSize = Pick<ProbeInput, 'services' | 'endpoints'> &
  Partial<Pick<ProbeInput, 'changes'>>;
