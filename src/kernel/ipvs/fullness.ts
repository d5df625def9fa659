import type { Connections, RealServer, VirtualServerSettings } from './model.ts';
import { schedulerFlagNames } from './schedulers.ts';

/** Between which numbers of connections a real server is full. */
export interface ConnectionLimits {
  /** From so many on it gets no new ones. */
  readonly upper: number;
  /** Once it has fewer than these it gets new ones again. */
  readonly lower: number;
}

/** The limits of a real server as the kernel takes them; undefined where it has none. */
export function limitsOf({
  upperThreshold: upper,
  lowerThreshold: lower,
}: Pick<RealServer, 'upperThreshold' | 'lowerThreshold'>): ConnectionLimits | undefined {
  if (upper === 0) {
    return undefined;
  }
  // The kernel's own rule where no lower threshold is set (ip_vs_unbind_dest).
  return { upper, lower: lower === 0 ? Math.ceil((upper * 3) / 4) : lower };
}

/** So many connections count (ip_vs_dest_totalconns): a kept client of session affinity is none. */
export function countedConnections({
  active,
  inactive,
}: Pick<Connections, 'active' | 'inactive'>): number {
  return active + inactive;
}

/**
 * Whether a real server with so many connections gets no new ones. Between its limits that depends on
 * which of them it has passed last: `fullUnder` is the upper limit under which it was full, undefined where it was
 * not. One that is raised has the kernel forget that (__ip_vs_update_dest).
 */
export function isFull(
  limits: ConnectionLimits | undefined,
  connections: number,
  fullUnder: number | undefined,
): boolean {
  if (limits === undefined) {
    return false;
  }
  const isStillFull = fullUnder !== undefined && limits.upper <= fullUnder;
  return connections >= (isStillFull ? limits.lower : limits.upper);
}

/** Schedulers that choose a real server by a hash, whether it is full or not, and then refuse. */
const hashing: ReadonlySet<string> = new Set(['dh', 'sh', 'mh']);

/** Whether a virtual server refuses clients as soon as one of its real servers is full. */
export function refusesForOne({
  scheduler,
  schedulerFlags,
}: Pick<VirtualServerSettings, 'scheduler' | 'schedulerFlags'>): boolean {
  const flags = schedulerFlagNames(scheduler, schedulerFlags);
  return hashing.has(scheduler) && !flags.some((flag) => flag.endsWith('-fallback'));
}
