import { writeFile } from 'node:fs/promises';
import { ApiTroubles } from '../app/api-troubles.ts';
import { asError } from '../base/as-error.ts';
import { firstOf } from '../base/time/first-of.ts';
import { wallClockMs } from '../base/time/wall-clock.ts';
import { ClusterStore } from '../cluster/store.ts';
import { ConfigWatch } from '../config/watch-config.ts';
import type { Settings } from '../config/load-settings.ts';
import { Daemon, type DaemonListener } from '../app/daemon.ts';
import { apiServerWriter } from '../serve/events/api-server-writer.ts';
import { nodeEvent } from '../serve/events/event.ts';
import { QueuedEventRecorder, type EventRecorder } from '../serve/events/event-recorder.ts';
import { NodeTroubles } from '../inspect/node-troubles.ts';
import { IpvsUnavailableError } from '../kernel/ipvs/ipvs-error.ts';
import { openKernel, type Kernel } from '../app/kernel.ts';
import type { Logger } from '../base/log.ts';
import { EarlyCounts } from '../serve/metrics/early-counts.ts';
import { Metrics } from '../serve/metrics/metrics.ts';
import type { Problem } from '../base/problem.ts';
import { EarlySource } from '../source/early-source.ts';
import { isOfRequest } from '../source/api-server/failure.ts';
import { loadKubeConfig } from '../source/api-server/kube-config.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import {
  apiObserver,
  configurationListener,
  kernelListener,
  logFailure,
  logMistake,
  logProblem,
  openSource,
  settingsOf,
} from './open-source.ts';
import type { RunOptions } from './options.ts';
import { runOnce } from './run-once.ts';
import { SparingLog } from './sparing-log.ts';

/** Keeps the kernel equal to the cluster until a signal comes, or once. */
export async function run(options: RunOptions, log: Logger): Promise<ExitCode> {
  const settings = await settingsOf(options, log);
  return options.once
    ? withKernel(settings, log, (kernel) => runOnce(options, settings, kernel, log))
    : listAndRun(options, settings, log);
}

async function withKernel(
  settings: Settings,
  log: Logger,
  work: (kernel: Kernel) => Promise<ExitCode>,
): Promise<ExitCode> {
  const kernel = await openKernel(settings, kernelListener(log));
  try {
    return await work(kernel);
  } finally {
    kernel.close();
  }
}

/** For how long a request that does not get through keeps the kernel from being opened, in milliseconds. */
const longestAskMs = 250;

/**
 * The cluster is asked for first: its answer takes longer than the kernel's. The kernel is opened once the
 * request is sent, which would else wait for that work.
 */
async function listAndRun(options: RunOptions, settings: Settings, log: Logger): Promise<ExitCode> {
  const counts = new EarlyCounts();
  const troubles = new NodeTroubles(wallClockMs);
  const apiTroubles = new ApiTroubles(troubles);
  const onProblem = (problem: Problem): void => {
    logProblem(log, problem);
    apiTroubles.told(problem);
    if (!isOfRequest(problem)) {
      counts.note((metrics) => {
        metrics.problems.refused('InvalidObject');
      });
    }
  };
  log.info({ node: settings.nodeName }, 'reading the cluster');
  const asked = Promise.withResolvers<undefined>();
  const observer = {
    ...apiTroubles.observing(apiObserver(counts, log)),
    sent: () => {
      asked.resolve(undefined);
    },
  };
  const opened = openSource(options, settings, onProblem, observer);
  const source = new EarlySource(opened, new ClusterStore(settings.translation));
  try {
    await firstOf([asked.promise, source.start(source.store)], longestAskMs);
    return await withKernel(settings, log, (kernel) => {
      const metrics = new Metrics();
      counts.passOn(metrics);
      return runUntilEnd(options, { settings, kernel, source, metrics, troubles }, log);
    });
  } catch (error) {
    if (error instanceof IpvsUnavailableError) {
      await tellUnavailable(error, options, settings, log);
    }
    throw error;
  } finally {
    await source.stop();
  }
}

/** The last thing that this process does: the Node shows why its Services are not served. */
async function tellUnavailable(
  error: IpvsUnavailableError,
  options: RunOptions,
  settings: Settings,
  log: Logger,
): Promise<void> {
  try {
    const events = await openEvents(options, settings, log);
    events.record(nodeEvent(settings.nodeName, 'IpvsUnavailable', error.message));
    await events.close();
  } catch (reason) {
    log.warn(`an Event could not be written: ${asError(reason).message}`);
  }
}

/** Why a run ends: a signal, or something that only a new process mends. */
interface End {
  readonly reason: string;
  readonly code: ExitCode;
}

/** What a daemon is made of, as far as it is there before it. */
interface Parts {
  readonly settings: Settings;
  readonly kernel: Kernel;
  readonly source: EarlySource;
  readonly metrics: Metrics;
  readonly troubles: NodeTroubles;
}

async function runUntilEnd(options: RunOptions, parts: Parts, log: Logger): Promise<ExitCode> {
  const { settings, source } = parts;
  const end = Promise.withResolvers<End>();
  endOnSignals(end.resolve);
  await setOomScore(settings.oomScoreAdj, log);
  const events = await openEvents(options, settings, log, parts.metrics);
  const daemon = new Daemon({
    ...parts,
    store: source.store,
    events,
    listener: daemonListener(log),
    fatal: (error) => {
      end.resolve({ reason: error.message, code: exitCode.failure });
    },
  });
  const configWatch = watchConfiguration(options, settings, daemon, end.resolve, log);
  const failed = daemon.start().then(() => new Promise<never>(() => undefined));
  try {
    const { reason, code } = await Promise.race([failed, end.promise]);
    log.info({ reason }, 'stopping; Services stay programmed in the kernel');
    return code;
  } finally {
    configWatch?.close();
    await daemon.stop();
  }
}

function endOnSignals(end: (end: End) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      end({ reason: signal, code: exitCode.success });
    });
  }
}

/** A file that is wrong changes nothing; one that needs a new process ends this one in peace. */
function watchConfiguration(
  options: RunOptions,
  settings: Settings,
  daemon: Daemon,
  end: (end: End) => void,
  log: Logger,
): ConfigWatch | undefined {
  if (options.config === undefined) {
    return undefined;
  }
  return new ConfigWatch(options.config, options, settings, {
    ...configurationListener(log),
    changed: ({ kind, fields }, changed) => {
      if (kind === 'live') {
        log.info({ fields }, 'the configuration has changed and is applied');
        if (!options.logLevelGiven) {
          log.level = changed.logLevel;
        }
        void setOomScore(changed.oomScoreAdj, log);
        daemon.apply(changed);
      } else {
        log.info(
          { fields },
          'the configuration has changed and needs a new process: exiting, to be started again',
        );
        end({ reason: 'configuration changed', code: exitCode.success });
      }
    },
    broken: (error) => {
      daemon.configurationRefused(error);
    },
  });
}

/** How the kernel's out-of-memory killer takes this process; a courtesy, not a condition. */
async function setOomScore(score: number, log: Logger): Promise<void> {
  try {
    await writeFile('/proc/self/oom_score_adj', String(score));
  } catch (error) {
    const reason = asError(error).message;
    log.info(
      `oomScoreAdj could not be set to ${score} (a lower value needs the capability SYS_RESOURCE): ${reason}`,
    );
  }
}

const noEvents: EventRecorder = { record: () => undefined, close: () => Promise.resolve() };

/** Without an API server there is nobody to tell. */
async function openEvents(
  options: RunOptions,
  settings: Settings,
  log: Logger,
  metrics?: Metrics,
): Promise<EventRecorder> {
  if (options.manifests !== undefined) {
    return noEvents;
  }
  const { kubeconfig, apiServer, nodeName } = settings;
  const config = await loadKubeConfig({ file: kubeconfig, server: apiServer });
  const sparing = new SparingLog(log);
  const write = apiServerWriter(config, nodeName, (...answer) => {
    metrics?.api.answered(...answer);
  });
  return new QueuedEventRecorder(write, (error) => {
    sparing.write('warn', `an Event could not be written: ${error.message}`);
  });
}

function daemonListener(log: Logger): DaemonListener {
  const sparing = new SparingLog(log);
  return {
    debug: (message, details) => {
      log.debug(details ?? {}, message);
    },
    info: (message, details) => {
      sparing.write('info', message, details);
    },
    error: (message, details) => {
      log.error(details ?? {}, message);
    },
    problem: (problem) => {
      logProblem(log, problem);
    },
    failure: (failure) => {
      logFailure(log, failure);
    },
    mistake: (service, error) => {
      logMistake(log, service, error);
    },
  };
}
