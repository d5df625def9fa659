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

/** So many connections count: each kept client of session affinity as well. */
export function countedConnections({ active, inactive, persistent }: Connections): number {
  return active + inactive + persistent;
}

/**
 * Whether a real server with so many connections gets no new ones. Between its limits that depends on
 * which of them it has passed last: `wasFull` says what is known of that.
 */
export function isFull(
  limits: ConnectionLimits | undefined,
  connections: number,
  wasFull: boolean,
): boolean {
  return limits !== undefined && connections >= (wasFull ? limits.lower : limits.upper);
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
