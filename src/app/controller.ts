import { asError } from '../base/as-error.ts';
import { BackgroundAudit, type AuditUrgency } from './background-audit.ts';
import type { ChangedObject, ClusterStore, StoreChange } from '../cluster/store.ts';
import type { ControllerListener } from './controller-listener.ts';
import type { ControllerOptions } from './controller-options.ts';
import { deferred, deferredTurn, type Deferred } from './deferred.ts';
import { FailureNews } from './failure-news.ts';
import { FoundationRetry } from './foundation-retry.ts';
import { Latencies } from './latencies.ts';
import { PendingChanges } from './pending-changes.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { DesiredState } from '../desired/desired-state.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import { BackOff } from '../reconcile/back-off.ts';
import type { Reconciler, RoundReport } from '../reconcile/reconciler.ts';
import { UnwritableKinds } from '../reconcile/unwritable-kinds.ts';
import { missingSchedulerOf } from '../kernel/ipvs/missing-scheduler.ts';
import { ServiceTranslator } from '../desired/service-translator.ts';
import { fallbackScheduler, type Scheduler } from '../kernel/ipvs/schedulers.ts';
import type { TranslationSettings } from '../translate/translate-service.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { startInterval, startTimer } from '../base/time/timers.ts';

export type { ControllerOptions } from './controller-options.ts';
export type { ControllerListener, RoundScope } from './controller-listener.ts';

/**
 * How soon a read of the kernel that failed is tried again, in milliseconds: looking for IPVS that is
 * gone starts modprobe.
 */
const auditRetry = { firstMs: 1000, longestMs: 10_000 };

/** How often draining real servers are looked at, in milliseconds. */
const pollEveryMs = 1000;

/** How often a scheduler that the kernel lacked is tried anew, in milliseconds. */
const missingSchedulerRetryMs = 600_000;

/** There is one audit. */
const auditKey = 'audit';

/**
 * Carries changes of the store to the kernel: changed Services are translated one by one, and
 * the reconciler does the difference. Changes that come while the kernel is at work wait for
 * the next round together. After a start nothing touches the kernel before it was read.
 */
export class Controller {
  readonly #store: ClusterStore;
  readonly #translator: ServiceTranslator;
  readonly #reconciler: Reconciler;
  readonly #options: ControllerOptions;
  readonly #listener: ControllerListener;
  #configuredScheduler: Scheduler;
  readonly #audit: BackgroundAudit;
  /** An audit that is due before the kernel was read for the first time: it is waited for. */
  #firstAuditDue = true;
  /** Before that a round would add what is there already. */
  #kernelWasRead = false;
  #running: Promise<void> | undefined;
  #review: Promise<void> | undefined;
  #scheduled: Deferred | undefined;
  /** By the monotonic clock; 0 where no round has to wait. */
  #notBeforeMs = 0;
  #retry: NodeJS.Timeout | undefined;
  #timers: readonly NodeJS.Timeout[] = [];
  #auditRetry: NodeJS.Timeout | undefined;
  readonly #foundationRetry: FoundationRetry;
  #unsubscribe: (() => void) | undefined;
  readonly #latencies = new Latencies();
  readonly #pending = new PendingChanges();
  readonly #failureNews = new FailureNews();
  readonly #unwritable = new UnwritableKinds();
  readonly #auditBackOff = new BackOff(auditRetry);
  #stopped = false;

  constructor(
    store: ClusterStore,
    desired: DesiredState,
    reconciler: Reconciler,
    options: ControllerOptions,
    listener: ControllerListener,
  ) {
    this.#store = store;
    this.#translator = new ServiceTranslator(store, desired, options, listener);
    this.#reconciler = reconciler;
    const auditListener = {
      read: () => {
        this.#auditSucceeded();
        this.#schedule();
      },
      failed: (error: Error) => {
        this.#auditFailed(error);
      },
    };
    this.#audit = new BackgroundAudit(reconciler, auditListener);
    this.#foundationRetry = new FoundationRetry(reconciler.foundations, {
      tried: (failures, mended) => {
        this.#reportFailures(failures);
        if (mended.length > 0) {
          // What rows need may be there only now: the entries of a set that could not be made.
          this.requestAudit();
        }
      },
    });
    this.#options = options;
    this.#configuredScheduler = options.translation.scheduler;
    this.#listener = listener;
  }

  /** What translates the Services: it knows why each becomes what it does. */
  get translator(): ServiceTranslator {
    return this.#translator;
  }

  /** Starts with what the store holds, and follows it from then on. */
  start(): void {
    this.#unsubscribe = this.#store.onChange((change) => {
      this.#onChange(change);
    });
    this.#translator.everythingChanged();
    this.#timers = [
      startInterval(() => {
        this.requestAudit('gently');
      }, this.#options.auditEveryMs),
      startInterval(() => {
        this.#translator.retryMissingSchedulers();
        this.#schedule();
      }, missingSchedulerRetryMs),
      startInterval(() => {
        this.#pollRows();
      }, pollEveryMs),
    ];
    this.#schedule();
  }

  /** Ends all activity after the round under way; the kernel keeps what it has. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    this.#timers.forEach(clearInterval);
    this.#cancelPlans();
    await this.#running;
    await this.#audit.stop();
    await this.#review;
    this.#cancelPlans();
  }

  /** The node has these addresses now, besides those of the VIP link. */
  nodeAddressesChanged(addresses: readonly IpAddress[]): void {
    this.#translator.nodeAddressesChanged(addresses);
    this.#schedule();
  }

  /** Services are translated by these settings from now on. */
  setTranslation(translation: TranslationSettings): void {
    this.#configuredScheduler = translation.scheduler;
    this.#translator.setTranslation(translation);
    this.#schedule();
  }

  /**
   * Reads the kernel anew, and repairs in a round what differs. Gently: changes have the process for
   * themselves half of the time meanwhile.
   */
  requestAudit(urgency: AuditUrgency = 'at once'): void {
    if (this.#kernelWasRead) {
      this.#audit.request(urgency);
    } else {
      this.#firstAuditDue = true;
      this.#schedule();
    }
  }

  /** Something of these was taken away: they are put in place again now, beside the rounds. */
  foundationsGone(names: readonly string[]): void {
    this.#foundationRetry.gone(names);
  }

  /** Other real servers of a Service fail than before. */
  outliersChanged(service: string): void {
    this.#translator.changed(service);
    this.#schedule();
  }

  /** How many Services have changed and wait for a round, by what of them has. */
  pending(changed: ChangedObject): number {
    return this.#pending.count(changed);
  }

  #cancelPlans(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#auditRetry);
    this.#foundationRetry.stop();
    this.#scheduled?.cancel();
  }

  #onChange(change: StoreChange): void {
    // What came with 'synced' is translated first; what is wanted of Nodes is a matter of the source.
    if (change.kind === 'service') {
      this.#translator.changed(change.key);
      this.#latencies.note(change.key, change.arrivedMs ?? monotonicMs(), change.triggeredAt);
      this.#pending.note(change.changed, change.key);
      this.#listener.changed(change.changed);
    } else {
      this.#translator.factsChanged(change);
    }
    this.#schedule();
  }

  /** Only virtual servers that drain are read for that, one review at a time. */
  #pollRows(): void {
    if (this.#kernelWasRead && this.#review === undefined && this.#reconciler.anyNeedsPolling()) {
      this.#review = this.#reconciler.pollRows().finally(() => {
        this.#review = undefined;
        this.#schedule();
      });
    }
  }

  /** One turn of the event loop gathers what comes together. */
  #schedule(): void {
    if (
      this.#unsubscribe !== undefined &&
      !this.#stopped &&
      this.#running === undefined &&
      this.#scheduled === undefined
    ) {
      const run = (): void => {
        this.#scheduled = undefined;
        this.#startRun();
      };
      const waitMs = this.#notBeforeMs === 0 ? 0 : this.#notBeforeMs - monotonicMs();
      this.#scheduled =
        waitMs > 0 ? deferred(startTimer(run, waitMs)) : deferredTurn(setImmediate(run));
    }
  }

  #startRun(): void {
    const startedAt = monotonicMs();
    const { minSyncPeriodMs = 0 } = this.#options;
    this.#notBeforeMs = minSyncPeriodMs === 0 ? 0 : startedAt + minSyncPeriodMs;
    this.#running = this.#run(startedAt).finally(() => {
      this.#running = undefined;
      this.#afterRun();
    });
  }

  #afterRun(): void {
    this.#foundationRetry.plan();
    const reconcilerHasWork = this.#kernelWasRead && this.#reconciler.hasWork();
    if (this.#kernelWasRead && this.#firstAuditDue) {
      // Asked for while the first one was under way.
      this.#firstAuditDue = false;
      this.#audit.request('at once');
    }
    if (
      this.#firstAuditDue ||
      this.#audit.hasRead ||
      this.#translator.hasWork ||
      reconcilerHasWork
    ) {
      this.#schedule();
      return;
    }
    clearTimeout(this.#retry);
    const waitMs = this.#reconciler.untilDueMs();
    if (waitMs !== undefined) {
      this.#retry = startTimer(() => {
        this.#schedule();
      }, waitMs);
    }
  }

  async #run(startedAt: number): Promise<void> {
    const read = this.#audit.take();
    const scope = this.#kernelWasRead && read === undefined ? 'changes' : 'audit';
    const tellLatencies = this.#latencies.take();
    this.#pending.taken();
    this.#translator.translate();
    if (this.#store.synced) {
      // Here alone: a round under way does not know what the complete lists have brought.
      this.#reconciler.allowRemovals();
    }
    const report = await this.#reconcile(read?.failures ?? []);
    if (report === undefined) {
      return;
    }
    this.#reportFailures(report.failures.filter((failure) => !this.#isMissingScheduler(failure)));
    this.#unwritable.roundEnded(report, () => this.#reconciler.failing());
    this.#listener.unwritable(this.#unwritable.names);
    this.#listener.synced();
    const endedAt = monotonicMs();
    // What is wrong with a foundation says nothing of a change.
    if (report.failures.every(({ kind }) => kind === 'foundation')) {
      tellLatencies(endedAt, (latency) => {
        this.#listener.programmed(latency);
      });
    }
    this.#listener.round(report, (read?.durationMs ?? 0) + endedAt - startedAt, scope);
  }

  /** Services that chose a scheduler which the kernel lacks get the default at once. */
  #isMissingScheduler(failure: Failure): boolean {
    const scheduler = missingSchedulerOf(failure);
    if (scheduler === undefined || scheduler === fallbackScheduler) {
      return false;
    }
    const isNews = this.#translator.schedulerIsMissing(scheduler);
    // One that a Service chose is told as its problem; the configured one would be told by nobody.
    return scheduler !== this.#configuredScheduler || !isNews;
  }

  #reportFailures(failures: readonly Failure[]): void {
    const { news, mended } = this.#failureNews.of(failures, () => this.#reconciler.failing());
    news.forEach((failure) => {
      this.#listener.failure(failure);
    });
    mended.forEach((foundation) => {
      this.#listener.mended(foundation);
    });
    if (failures.some(({ error }) => 'code' in error && error.code === 'ENODEV')) {
      // The link that held all VIPs is gone: more is missing than what failed.
      this.requestAudit();
    }
  }

  async #reconcile(readFailures: readonly Failure[]): Promise<RoundReport | undefined> {
    if (!this.#kernelWasRead) {
      return this.#firstAudit();
    }
    const report = await this.#reconciler.round();
    return { ...report, failures: [...readFailures, ...report.failures] };
  }

  async #firstAudit(): Promise<RoundReport | undefined> {
    if (!this.#firstAuditDue) {
      return undefined;
    }
    this.#firstAuditDue = false;
    try {
      const report = await this.#reconciler.audit();
      this.#kernelWasRead = true;
      this.#auditSucceeded();
      return report;
    } catch (error) {
      this.#auditFailed(asError(error));
      return undefined;
    }
  }

  #auditSucceeded(): void {
    this.#auditBackOff.succeeded(auditKey);
    this.#listener.kernelRead();
  }

  #auditFailed(error: Error): void {
    this.#listener.auditFailed(error);
    clearTimeout(this.#auditRetry);
    this.#auditBackOff.failed(auditKey, 0);
    this.#auditRetry = startTimer(() => {
      this.requestAudit();
    }, this.#auditBackOff.nextDueAtMs() ?? 0);
  }
}
