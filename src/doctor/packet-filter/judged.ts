import type { Finding } from '../finding.ts';
import type { ModuleState, NodeReaders } from '../readers.ts';

/** What is to be said of a packet filter that is to be used. */
export interface Judged {
  readonly findings: readonly Finding[];
  /** For where all is well. */
  readonly text: string;
  /** Modules that are not loaded, and of which it is not known whether they could be. */
  readonly notTold: readonly string[];
}

/** The states of modules, by their names. Rejects where they may not be read. */
export async function statesOf(
  readers: Pick<NodeReaders, 'module'>,
  names: readonly string[],
): Promise<ReadonlyMap<string, ModuleState>> {
  const states = new Map<string, ModuleState>();
  for (const name of new Set(names)) {
    states.set(name, await readers.module(name));
  }
  return states;
}
