import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { wallClockMs } from '../base/time/wall-clock.ts';
import { version } from '../base/version.ts';
import type { ClusterStore } from '../cluster/store.ts';
import { Inspector, type InspectedKernel } from '../inspect/inspector.ts';
import { LiveVirtualServers } from '../inspect/live-virtual-servers.ts';
import { firstOf, noCounters, type CounterView } from '../inspect/statistics/counters.ts';
import type { FullBook } from '../inspect/statistics/full-book.ts';
import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { IpvsClient } from '../kernel/ipvs/client.ts';
import type { ServiceTranslator } from '../desired/service-translator.ts';
import type { OutlierBook } from '../outliers/outlier-book.ts';
import type { Standing } from '../outliers/standing.ts';
import type { EjectionKnowledge } from '../inspect/views/knowledge.ts';
import type { Kernel } from './kernel.ts';

/** What is inspected in a running daemon. */
export interface InspectedDaemon {
  readonly store: ClusterStore;
  readonly translator: ServiceTranslator;
  readonly kernel: Kernel;
  readonly outliers: OutlierBook;
  readonly full: FullBook;
  readonly troubles: NodeTroubles;
  /** Those that are read in the background, where they are. */
  readonly counters: CounterView | undefined;
}

/** The inspector of a running daemon, and what it holds open. */
export interface DaemonInspector {
  readonly inspector: Inspector;
  readonly close: () => void;
}

/**
 * Lets others look at a running daemon. The kernel is read over sockets of its own, which are opened when
 * somebody looks for the first time: no change waits for them.
 */
export function openInspector(daemon: InspectedDaemon): DaemonInspector {
  const { store, translator, kernel, troubles, counters = noCounters } = daemon;
  let client: Promise<IpvsClient> | undefined;
  const connected = (): Promise<IpvsClient> =>
    (client ??= kernel.openReader().catch((error: unknown) => {
      client = undefined;
      throw error;
    }));
  const live = new LiveVirtualServers(connected, monotonicMs);
  const inspector = new Inspector({
    version,
    store,
    translator,
    desired: kernel.desired,
    kernel: inspectedKernel(daemon, live, firstOf(counters, live.counters)),
    nodeProblems: () => troubles.all(),
    virtualServerCount: () => kernel.virtualServerCount(),
    now: wallClockMs,
  });
  return {
    inspector,
    close: () => {
      void client?.then((open) => {
        open.close();
      });
    },
  };
}

function inspectedKernel(
  { kernel, outliers, full }: Pick<InspectedDaemon, 'kernel' | 'outliers' | 'full'>,
  live: LiveVirtualServers,
  counters: CounterView,
): InspectedKernel {
  const { reconciler, virtualServers, desired } = kernel;
  return {
    read: async (ids) => {
      const held = await live.read(ids);
      return {
        held: (key) => held.get(key),
        refusal: (key) => reconciler.failureOf('virtual server', key),
        drainingForMs: (key, realServer) => virtualServers.drainingForMs(key, realServer),
        ejection: (group, realServer) =>
          ejectionOf(outliers.standing(group, realServer), monotonicMs()),
        fullUnder: (key, realServer) => full.fullUnder(key, realServer),
        isBoundByUs: (address) => desired.isVip(address),
        counters,
        nowMs: wallClockMs(),
      };
    },
    strays: () => virtualServers.foreign,
    failures: (atMost) => [...reconciler.foundations.failures(), ...reconciler.failures(atMost)],
    refusing: () => full.refusing,
    drainingCount: () => virtualServers.withDraining,
    packetFilter: kernel.packetFilterChoice,
    isDaemon: true,
  };
}

function ejectionOf(standing: Standing | undefined, nowMs: number): EjectionKnowledge | undefined {
  switch (standing?.kind) {
    case undefined:
    case 'in use':
      return undefined;
    case 'on trial':
      return { failing: standing.failing, forMs: undefined, leftMs: undefined };
    case 'ejected': {
      const { failing, sinceMs, untilMs } = standing;
      return { failing, forMs: nowMs - sinceMs, leftMs: Math.max(0, untilMs - nowMs) };
    }
  }
}
