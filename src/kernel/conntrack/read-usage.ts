import { readFileSync } from 'node:fs';

/** How many entries the conntrack table has, and how many it takes. */
export interface ConntrackUsage {
  readonly entries: number;
  readonly limit: number;
}

/** What the kernel says of its table now; undefined where it says nothing: conntrack is not loaded. */
export function readConntrackUsage(procSys: string): ConntrackUsage | undefined {
  try {
    const folder = `${procSys}/net/netfilter`;
    return {
      entries: numberIn(`${folder}/nf_conntrack_count`),
      limit: numberIn(`${folder}/nf_conntrack_max`),
    };
  } catch {
    return undefined;
  }
}

/** The kernel answers such a file at once: a turn of the event loop would take longer. */
function numberIn(file: string): number {
  return Number(readFileSync(file, 'latin1'));
}
