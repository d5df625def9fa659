import { CounterBook } from '../inspect/statistics/counter-book.ts';
import type { NodeTroubles } from '../inspect/node-troubles.ts';
import { readConntrackUsage } from '../kernel/conntrack/read-usage.ts';
import { procSysFolder } from '../kernel/sysctl/proc-sys.ts';
import type { ProxyHealth } from '../serve/health/proxy-health.ts';
import type { Metrics } from '../serve/metrics/metrics.ts';
import { seriesEach } from '../serve/metrics/service-series.ts';
import { BackgroundCounters } from './background-counters.ts';
import type { Controller } from './controller.ts';
import type { DaemonParts } from './daemon-parts.ts';
import type { Kernel } from './kernel.ts';
import { readingTroubles } from './reading-troubles.ts';

/** What metrics are read from. */
export interface MetricSources {
  readonly kernel: Kernel;
  readonly controller: Controller;
  readonly health: ProxyHealth;
}

/** From now on metrics say how things are at the moment when somebody asks. */
export function watchForMetrics(
  metrics: Metrics,
  { kernel, controller, health }: MetricSources,
): void {
  const procSys = procSysFolder(process.env);
  metrics.health.watch(health);
  metrics.changes.watch(controller);
  metrics.problems.watch({
    get problems() {
      return controller.translator.servicesByProblem();
    },
    get withoutLocalEndpoints() {
      return controller.translator.servicesWithoutLocalEndpoints();
    },
  });
  metrics.kernel.watch({
    kinds: kernel.reconciler.kinds,
    get failingKinds() {
      return kernel.reconciler.failingKinds();
    },
    get foundations() {
      return kernel.reconciler.foundations.states();
    },
    packetFilter: kernel.packetFilter.kind,
    get draining() {
      return kernel.virtualServers.draining;
    },
    get foreignVirtualServers() {
      return kernel.virtualServers.foreign.length;
    },
  });
  metrics.conntrack.watch({ usage: () => readConntrackUsage(procSys) });
  kernel.flows.onSearched((deleted, durationMs) => {
    metrics.conntrack.searched(deleted, durationMs);
  });
}

/** The kernel's counters, with what reads them; undefined where nobody is to see them. */
export interface Counters {
  readonly book: CounterBook;
  readonly reading: BackgroundCounters;
}

/** Opens the reading of counters where settings ask for it and metrics are served; nothing is read yet. */
export function openCounters(
  parts: Pick<DaemonParts, 'settings' | 'kernel' | 'metrics' | 'countersRestMs'>,
  troubles: NodeTroubles,
): Counters | undefined {
  const { settings, kernel, metrics, countersRestMs } = parts;
  const { detail, seriesLimit } = settings.serviceMetrics;
  if (settings.metricsBindAddress === undefined || detail === 'none') {
    return undefined;
  }
  const book = new CounterBook((key) => kernel.desired.serviceOf(key), {
    tallies: Math.floor(seriesLimit / seriesEach),
  });
  metrics.serveCounters(book);
  const listener = readingTroubles("the kernel's counters", metrics, troubles);
  const reading = new BackgroundCounters(
    book,
    {
      detail: detail === 'services' ? 'sums alone' : 'each real server',
      restMs: countersRestMs,
    },
    {
      read: (durationMs) => {
        metrics.counters.read(durationMs);
        listener.succeeded();
      },
      failed: listener.failed.bind(listener),
    },
  );
  return { book, reading };
}
