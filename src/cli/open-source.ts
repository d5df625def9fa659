import {
  loadSettings,
  type ConfigurationListener,
  type Flags,
  type Settings,
} from '../config/load-settings.ts';
import type { KernelListener } from '../app/kernel.ts';
import type { Logger } from '../base/log.ts';
import type { EarlyCounts } from '../serve/metrics/early-counts.ts';
import { formatProblem, type Problem } from '../base/problem.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import { ApiServerSource } from '../source/api-server/api-server-source.ts';
import { noObserver, type ReflectorObserver } from '../source/api-server/reflector-observer.ts';
import type { Resource } from '../source/api-server/resource.ts';
import { ManifestSource } from '../source/manifests/manifest-source.ts';
import type { Source } from '../source/source.ts';
import type { ClusterOptions, CommonOptions } from './options.ts';
import { SparingLog } from './sparing-log.ts';

/**
 * Settings from the file and the flags. The log has the level of the configuration from then on,
 * where the command line says none. Throws ConfigurationError.
 */
export async function settingsOf(
  options: Flags & Pick<CommonOptions, 'logLevelGiven'>,
  log: Logger,
): Promise<Settings> {
  const settings = await loadSettings(options, configurationListener(log));
  if (options.logLevelGiven !== true) {
    log.level = settings.logLevel;
  }
  return settings;
}

/** What a configuration has to say, as log lines. */
export function configurationListener(log: Logger): ConfigurationListener {
  return {
    withoutEffect: (fields) => {
      log.info({ fields }, 'these configuration fields have no effect here');
    },
    unknown: (message) => {
      log.warn(message);
    },
  };
}

/** The source that the options name: a folder of manifests, else an API server. */
export function openSource(
  options: ClusterOptions,
  settings: Settings,
  onProblem: (problem: Problem) => void,
  observer = noObserver,
): Source {
  const { nodeName, kubeconfig, apiServer } = settings;
  return options.manifests === undefined
    ? new ApiServerSource({ kubeconfig, server: apiServer, nodeName, onProblem, observer })
    : new ManifestSource({ folder: options.manifests, nodeName, onProblem });
}

/** What the reflectors do, as metrics; and in the log, when an outage is over. */
export function apiObserver(counts: Pick<EarlyCounts, 'note'>, log: Logger): ReflectorObserver {
  const sparing = new SparingLog(log);
  const event = (resource: string, name: string): void => {
    counts.note(({ api }) => {
      api.event(resource, name);
    });
  };
  const connected = (resource: Resource, isConnected: boolean | undefined): void => {
    counts.note(({ api }) => {
      api.connected(followedName(resource), isConnected);
    });
  };
  return {
    recovered: ({ name }) => {
      sparing.write('info', 'the API server can be reached again', { resource: name });
    },
    heardAgain: (resource) => {
      connected(resource, true);
    },
    requested: ({ name }, request) => {
      event(name, request);
    },
    listed: (resource) => {
      event(resource.name, 'listed');
      connected(resource, true);
    },
    watchEnded: ({ name }) => {
      event(name, 'watch restart');
    },
    failed: (resource, _request, reason) => {
      event(resource.name, `failed: ${reason}`);
      connected(resource, false);
    },
    sent: () => undefined,
    answered: (...answer) => {
      counts.note(({ api }) => {
        api.answered(...answer);
      });
    },
    ended: (resource) => {
      connected(resource, undefined);
    },
    passedOver: ({ name }) => {
      event(name, 'passed over');
    },
  };
}

/** The own Node is followed apart from all of them. */
function followedName({ name, fieldSelector }: Resource): string {
  return fieldSelector === undefined ? name : 'own node';
}

/** A problem as a log line: one sentence, and its parts as fields. */
export function logProblem(log: Logger, problem: Problem): void {
  const { object, field, value, origin } = problem;
  log.error({ object, field, value, origin }, formatProblem(problem));
}

/** A Service that this program fails at, as a log line with the place in the code. */
export function logMistake(log: Logger, service: string, error: Error): void {
  log.error(
    { service, err: error },
    `Service ${service} could not be translated and stays as it was in the kernel: this is a bug of kube-ipvs, please report it`,
  );
}

/** What the kernel's parts have to say. */
export function kernelListener(log: Logger): KernelListener {
  const sparing = new SparingLog(log);
  return {
    note: (message) => {
      sparing.write('info', message);
    },
    warn: (message) => {
      sparing.write('warn', message);
    },
  };
}

/** What the kernel refused, as a log line. */
export function logFailure(log: Logger, { kind, key, error }: Failure): void {
  log.error({ kind, key }, error.message);
}
