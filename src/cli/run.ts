import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import { Controller, type ControllerListener } from '../controller.ts';
import { openKernel, type Kernel } from '../kernel.ts';
import type { Logger } from '../log.ts';
import type { Failure } from '../reconcile/kind-table.ts';
import { ServiceTranslator } from '../service-translator.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { firstList, logProblem, openSource, settingsOf } from './open-source.ts';
import type { RunOptions } from './options.ts';

/** Keeps the kernel equal to the cluster until a signal comes, or once. */
export async function run(options: RunOptions, log: Logger): Promise<ExitCode> {
  const settings = await settingsOf(options, log);
  const kernel = await openKernel();
  try {
    return await (options.once
      ? runOnce(options, settings, kernel, log)
      : runUntilSignal(options, settings, kernel, log));
  } finally {
    kernel.close();
  }
}

/** How often what the kernel refused is tried in a run with --once. */
const attemptsOnce = 3;

async function runOnce(
  options: RunOptions,
  settings: Settings,
  kernel: Kernel,
  log: Logger,
): Promise<ExitCode> {
  const store = new ClusterStore();
  const source = openSource(options, settings, (problem) => {
    logProblem(log, problem);
  });
  try {
    await firstList(source, store, options.timeout);
  } finally {
    await source.stop();
  }
  const translator = new ServiceTranslator(store, kernel.desired, settings, (problem) => {
    logProblem(log, problem);
  });
  translator.everythingChanged();
  translator.translate();
  kernel.reconciler.allowRemovals();

  let applied = 0;
  let failures: readonly Failure[] = [];
  for (let attempt = 0; attempt < attemptsOnce; attempt += 1) {
    const report = await kernel.reconciler.audit();
    applied += report.applied;
    failures = report.failures;
    if (failures.length === 0 && report.applied === 0) {
      break;
    }
  }
  return reportOnce(kernel.reconciler.differing(), failures, applied, log);
}

function reportOnce(
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
  return failures.length > 0 ? exitCode.failure : exitCode.success;
}

async function runUntilSignal(
  options: RunOptions,
  settings: Settings,
  kernel: Kernel,
  log: Logger,
): Promise<ExitCode> {
  const store = new ClusterStore();
  const stopped = nextSignal();
  const source = openSource(options, settings, (problem) => {
    logProblem(log, problem);
  });
  const controller = new Controller(
    store,
    kernel.desired,
    kernel.reconciler,
    settings,
    logListener(log),
  );
  log.info({ node: settings.nodeName }, 'reading the cluster');
  await Promise.race([source.start(store), stopped]);
  if (store.synced) {
    controller.start();
  }
  const signal = await stopped;
  log.info({ signal }, 'stopping; what the kernel holds stays');
  await source.stop();
  await controller.stop();
  return exitCode.success;
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, resolve);
    }
  });
}

function logListener(log: Logger): ControllerListener {
  return {
    problem: (problem) => {
      logProblem(log, problem);
    },
    failure: (failure) => {
      logFailure(log, failure);
    },
    round: ({ applied }, durationMs) => {
      log.info({ applied, ms: Math.round(durationMs * 10) / 10 }, 'kernel synced');
    },
    auditFailed: (error) => {
      log.error(`the kernel could not be read: ${error.message}`);
    },
  };
}

function logFailure(log: Logger, { kind, key, error }: Failure): void {
  log.error({ kind, key }, error.message);
}
