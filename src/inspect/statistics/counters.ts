import type { Connections, Statistics } from '../../kernel/ipvs/model.ts';

/** What the kernel counts of a virtual or real server, as it was read last. */
export interface CounterReading {
  /** As the kernel shows it, with what it has forgotten since kube-ipvs began to read. */
  readonly totals: Statistics;
  /** Between the last two readings; undefined until there are two. */
  readonly perSecond: Statistics | undefined;
}

/** The same of a real server, with the connections that it has now. */
export interface RealServerReading extends CounterReading {
  readonly connections: Connections;
}

/** What was read of the kernel's counters in the background: as old as the last reading. */
export interface CounterView {
  /** By `formatVirtualServer`; undefined where it was not read (yet). */
  virtualServer(key: string): CounterReading | undefined;
  /** By `formatVirtualServer` and `formatRealServer`; undefined where real servers are not read. */
  realServer(virtualServerKey: string, realServerKey: string): RealServerReading | undefined;
}
