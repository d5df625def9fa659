import type { ChangedObject } from '../cluster/store.ts';
import type { Latency } from './latencies.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import type { RoundReport } from '../reconcile/reconciler.ts';
import type { TranslatorListener } from '../desired/service-translator.ts';

/** What a round went over: what changed, or everything. */
export type RoundScope = 'changes' | 'audit';

/** What the controller tells the outside; each is called once per fact, not per repetition. */
export interface ControllerListener extends TranslatorListener {
  /** The kernel refused something; called when that begins, not at each retry. */
  failure(failure: Failure): void;
  /** A round is over: the kernel is as desired, but for what failed. */
  synced(): void;
  /** The whole kernel was read. */
  kernelRead(): void;
  /** After each round: the kinds that the kernel takes no change of, whatever the object. */
  unwritable(kinds: readonly string[]): void;
  /** A round is over, of changes alone or with an audit. */
  round(report: RoundReport, durationMs: number, scope: RoundScope): void;
  /** A Service or one of its slices has changed. */
  changed(object: ChangedObject): void;
  /** A change has got to the kernel. */
  programmed(latency: Latency): void;
  auditFailed(error: Error): void;
  /** What was waited for is there: a foundation is in place that was not. */
  mended(foundation: string): void;
}
