import { countedConnections, isFull, limitsOf, refusesForOne } from '../../kernel/ipvs/fullness.ts';
import { formatRealServer, type VirtualServerSettings } from '../../kernel/ipvs/model.ts';
import type { HeldRealServer, HeldVirtualServer } from './knowledge.ts';

/** How many of the real servers of a virtual server that may get new connections are full. */
export interface Fullness {
  readonly full: number;
  readonly of: number;
}

/** How many connections of a real server count against its limits. */
export function connectionsThatCount(held: HeldRealServer): number {
  return countedConnections({
    active: held.activeConnections,
    inactive: held.inactiveConnections,
  });
}

/** Whether a real server gets no new connections since it has so many; `fullUnder` as in `isFull`. */
export function isHeldFull(held: HeldRealServer, fullUnder: number | undefined): boolean {
  return isFull(limitsOf(held.realServer), connectionsThatCount(held), fullUnder);
}

/**
 * Those of a virtual server that are full, by `formatRealServer`, each with its upper limit; one of weight 0 gets
 * none anyway.
 */
export function fullRealServers(
  { realServers }: Pick<HeldVirtualServer, 'realServers'>,
  fullUnder: (realServer: string) => number | undefined,
): { readonly full: ReadonlyMap<string, number>; readonly of: number } {
  const takers = realServers.filter(({ realServer }) => realServer.weight > 0);
  const full = takers
    .filter((held) => isHeldFull(held, fullUnder(formatRealServer(held.realServer))))
    .map(({ realServer }) => [formatRealServer(realServer), realServer.upperThreshold] as const);
  return { full: new Map(full), of: takers.length };
}

/** Which new connections are refused since real servers are full, as a clause; undefined where none is. */
export function refusedForFullness(
  { full, of }: Fullness,
  settings: Pick<VirtualServerSettings, 'scheduler' | 'schedulerFlags'>,
): string | undefined {
  if (full === 0) {
    return undefined;
  }
  if (full === of) {
    return `all its ${of} real servers have as many connections as they may: new ones are refused`;
  }
  return refusesForOne(settings)
    ? `${full} of its ${of} real servers have as many connections as they may, and the scheduler ${settings.scheduler} refuses the clients that it would send there`
    : undefined;
}

/** What to do about it. */
export const fullnessAdvice =
  'add Pods, or raise the limit (kube-ipvs.io/max-connections, kubeIpvs.maxConnections), which counts a closed TCP connection for two minutes more';
