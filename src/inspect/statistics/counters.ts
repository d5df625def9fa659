import type { Statistics } from '../../kernel/ipvs/model.ts';

/** What the kernel counts of a virtual or real server, as it was read last. */
export interface CounterReading {
  /** As the kernel shows it, with what it has forgotten since kube-ipvs began to read. */
  readonly totals: Statistics;
  /** Between the last two readings; undefined until there are two. */
  readonly perSecond: Statistics | undefined;
}

/** What was read of the kernel's counters: as old as the last reading. */
export interface CounterView {
  /** By `formatVirtualServer`; undefined where it was not read (yet). */
  virtualServer(key: string): CounterReading | undefined;
  /** By `formatVirtualServer` and `formatRealServer`; undefined where real servers are not read. */
  realServer(virtualServerKey: string, realServerKey: string): CounterReading | undefined;
}

/** Where nothing is read. */
export const noCounters: CounterView = {
  virtualServer: () => undefined,
  realServer: () => undefined,
};

/** The one, and the other for what that has not read. */
export function firstOf(one: CounterView, other: CounterView): CounterView {
  return {
    virtualServer: (key) => one.virtualServer(key) ?? other.virtualServer(key),
    realServer: (virtualServerKey, realServerKey) =>
      one.realServer(virtualServerKey, realServerKey) ??
      other.realServer(virtualServerKey, realServerKey),
  };
}
