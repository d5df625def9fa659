import type { ObjectKey } from '../cluster/objects.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/settings.ts';
import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { OutlierBook } from '../outliers/outlier-book.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import type { EventRecorder } from '../serve/events/event-recorder.ts';
import type { Metrics } from '../serve/metrics/metrics.ts';
import type { Source } from '../source/source.ts';
import type { ServiceProblem } from '../translate/service-problem.ts';
import type { Kernel } from './kernel.ts';

/** What the daemon tells the log. */
export interface DaemonListener {
  /** What happens all the time, while Services change. */
  debug(message: string, details?: object): void;
  /** What an operator wants to read; the same message is held back where it comes often. */
  info(message: string, details?: object): void;
  error(message: string, details?: object): void;
  problem(problem: ServiceProblem): void;
  failure(failure: Failure): void;
  mistake(service: ObjectKey, error: Error): void;
}

/** What a daemon is made of. */
export interface DaemonParts {
  readonly settings: Settings;
  readonly kernel: Kernel;
  /** What the source fills, and may hold a part of the cluster already. */
  readonly store: ClusterStore;
  readonly source: Source;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly listener: DaemonListener;
  /** What is known to be wrong with the node already; what comes later is added. */
  readonly troubles?: NodeTroubles;
  /** Which real servers fail; nothing is known where it is left out. */
  readonly outliers?: OutlierBook;
  /** From the end of a reading of the kernel's counters to the next one; the usual time where it is left out. */
  readonly countersRestMs?: number;
  /** A server could not be bound, and the configuration says that this ends the process. */
  fatal(error: Error): void;
}
