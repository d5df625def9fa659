import { ReleaseWhileListing } from '../app/release-while-listing.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import type { Kernel } from '../app/kernel.ts';
import type { Logger } from '../base/log.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import { ImpossibleError } from '../reconcile/foundation.ts';
import { textOfGone } from '../kernel/packet-filter/predecessor.ts';
import { missingSchedulerOf } from '../kernel/ipvs/missing-scheduler.ts';
import { translateOnce } from '../app/translate-once.ts';
import type { ServiceTranslator } from '../desired/service-translator.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { pause } from '../base/time/timers.ts';
import type { Scheduler } from '../kernel/ipvs/schedulers.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { logFailure, logMistake, logProblem, openSource } from './open-source.ts';
import type { RunOptions } from './options.ts';

/**
 * How often the kernel is read and repaired: once, once more where a scheduler is missing or a
 * real server was to be drained first, and until a read finds nothing left to do.
 */
const attempts = 5;

/**
 * How long a lock, memory or a program is waited for in all, in milliseconds: longer than iptables itself
 * waits for its lock.
 */
const longestWaitMs = 30_000;

/** Programs everything and says whether the kernel equals the cluster. */
export async function runOnce(
  options: RunOptions,
  settings: Settings,
  kernel: Kernel,
  log: Logger,
): Promise<ExitCode> {
  kernel.virtualServers.startAtOnce();
  const store = new ClusterStore(settings.translation);
  const onProblem = logProblem.bind(undefined, log);
  const source = openSource(options, settings, onProblem);
  const release = new ReleaseWhileListing({
    store,
    protectedRanges: settings.translation.protectedRanges,
    release: (othersAt) => kernel.release(othersAt),
    listener: {
      info: (message) => {
        log.info(message);
      },
      error: (message) => {
        log.error(message);
      },
    },
  });
  let translator: ServiceTranslator;
  try {
    translator = await translateOnce({
      source,
      store,
      timeoutMs: options.timeout,
      desired: kernel.desired,
      settings,
      addresses: kernel.addresses,
      listener: { problem: onProblem, mistake: logMistake.bind(undefined, log) },
      kernel,
    });
  } finally {
    await release.end();
  }
  const tellMissing = (failure: Failure, scheduler: Scheduler): void => {
    // One that a Service chose is told as its problem; the configured one would be told by nobody.
    if (scheduler === settings.translation.scheduler) {
      logFailure(log, failure);
    }
  };
  const first = await settle(translator, kernel, tellMissing);
  const last = (await waitForFoundations(kernel, log))
    ? await settle(translator, kernel, tellMissing)
    : { applied: 0, failures: first.failures };
  const applied = first.applied + last.applied;
  const left = await retirePredecessor(kernel, log);
  return report(kernel.reconciler.differing(), [...last.failures, ...left], applied, log);
}

async function settle(
  translator: ServiceTranslator,
  kernel: Kernel,
  onMissingScheduler: (failure: Failure, scheduler: Scheduler) => void,
): Promise<{ readonly applied: number; readonly failures: readonly Failure[] }> {
  let applied = 0;
  let failures: readonly Failure[] = [];
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    translator.translate();
    kernel.reconciler.allowRemovals();
    const round = await kernel.reconciler.audit();
    applied += round.applied;
    failures = round.failures;
    if (failures.length === 0 && round.applied === 0) {
      break;
    }
    for (const failure of failures) {
      const scheduler = missingSchedulerOf(failure);
      if (scheduler !== undefined && translator.schedulerIsMissing(scheduler)) {
        onMissingScheduler(failure, scheduler);
      }
    }
  }
  return { applied, failures };
}

/** Tries again what may pass; returns whether anything was waited for. */
async function waitForFoundations(kernel: Kernel, log: Logger): Promise<boolean> {
  const { foundations } = kernel.reconciler;
  const endMs = monotonicMs() + longestWaitMs;
  let waited = false;
  for (let dueMs = foundations.dueInMs(); dueMs !== undefined; dueMs = foundations.dueInMs()) {
    if (monotonicMs() + dueMs > endMs) {
      break;
    }
    if (!waited) {
      log.warn(
        { waitingFor: foundations.waitingFor() },
        `waiting up to ${longestWaitMs / 1000} s for what is not in place yet`,
      );
    }
    waited = true;
    await pause(dueMs);
    await foundations.retry();
  }
  return waited;
}

/** What the other packet filter of an earlier run has left goes, now that this one's is in place. */
async function retirePredecessor(kernel: Kernel, log: Logger): Promise<readonly Failure[]> {
  const retirement = await kernel.retirePredecessor();
  switch (retirement.kind) {
    case 'none':
      return [];
    case 'gone':
      log.info(textOfGone(retirement));
      return [];
    case 'left':
      return retirement.failures;
  }
}

function report(
  differing: readonly string[],
  failures: readonly Failure[],
  applied: number,
  log: Logger,
): ExitCode {
  failures.forEach((failure) => {
    logFailure(log, failure);
  });
  if (differing.length > 0) {
    log.error({ differing }, `the kernel differs from the cluster in ${differing.length} objects`);
    return exitCode.failure;
  }
  log.info({ applied }, 'the kernel equals the cluster');
  return failures.some(isToBeMended) ? exitCode.failure : exitCode.success;
}

/** What this kernel has no module for is reported, and nothing that would be there after another run. */
function isToBeMended({ kind, error }: Failure): boolean {
  return kind !== 'foundation' || !(error instanceof ImpossibleError) || error.lack === 'right';
}
