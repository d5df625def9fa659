import { AddressClient } from '../addresses/client.ts';
import { NodeAddressWatch } from '../addresses/node-address-watch.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/load-settings.ts';
import { Controller, type ControllerListener } from '../controller.ts';
import {
  apiServerWriter,
  QueuedEventRecorder,
  type EventRecorder,
} from '../events/event-recorder.ts';
import { HealthCheckServers } from '../health/health-check-servers.ts';
import { ProxyHealth } from '../health/proxy-health.ts';
import { openKernel, type Kernel } from '../kernel.ts';
import type { Logger } from '../log.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { loadKubeConfig } from '../source/api-server/kube-config.ts';
import { nodePortAddressesOf } from '../translate/node-addresses.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import {
  kernelListener,
  logFailure,
  logMistake,
  logProblem,
  openSource,
  settingsOf,
} from './open-source.ts';
import type { RunOptions } from './options.ts';
import { runOnce } from './run-once.ts';

/** Keeps the kernel equal to the cluster until a signal comes, or once. */
export async function run(options: RunOptions, log: Logger): Promise<ExitCode> {
  const settings = await settingsOf(options, log);
  const kernel = await openKernel(settings.kernel, kernelListener(log));
  try {
    return await (options.once
      ? runOnce(options, settings, kernel, log)
      : runUntilSignal(options, settings, kernel, log));
  } finally {
    kernel.close();
  }
}

async function runUntilSignal(
  options: RunOptions,
  settings: Settings,
  kernel: Kernel,
  log: Logger,
): Promise<ExitCode> {
  const stopped = nextSignal();
  const store = new ClusterStore();
  const source = openSource(options, settings, (problem) => {
    logProblem(log, problem);
  });
  const health = new ProxyHealth(settings.auditEveryMs);
  const healthChecks = openHealthChecks(health, log);
  const events = options.manifests === undefined ? await openEvents(settings, log) : noEvents;
  const controller = new Controller(store, kernel.desired, kernel.reconciler, settings, {
    ...logListener(log, events),
    synced: () => {
      health.synced();
    },
    healthCheck: (service, healthCheck) => {
      healthChecks.set(service, healthCheck);
    },
  });
  const addresses = new AddressClient();
  const watch = watchNodeAddresses(addresses, controller, healthChecks, settings, store, log);

  log.info({ node: settings.nodeName }, 'reading the cluster');
  await Promise.race([source.start(store), stopped]);
  if (store.synced) {
    await watch.start();
    controller.start();
  }
  const signal = await stopped;
  log.info({ signal }, 'stopping; what the kernel holds stays');
  watch.stop();
  addresses.close();
  healthChecks.close();
  await source.stop();
  await controller.stop();
  return exitCode.success;
}

function watchNodeAddresses(
  client: AddressClient,
  controller: Controller,
  healthChecks: HealthCheckServers,
  { nodePortAddresses, auditEveryMs }: Settings,
  store: ClusterStore,
  log: Logger,
): NodeAddressWatch {
  let known: readonly IpAddress[] = [];
  const setHealthCheckAddresses = (): void => {
    if (nodePortAddresses.kind !== 'all') {
      const primary = store.node?.primaryAddresses ?? [];
      const answering = nodePortAddressesOf(known, primary, nodePortAddresses);
      healthChecks.setAddresses(answering.map(String));
    }
  };
  // The Node may come later than Services, and its primary addresses with it.
  store.onChange(({ kind }) => {
    if (kind === 'node') {
      setHealthCheckAddresses();
    }
  });
  return new NodeAddressWatch(
    client,
    {
      nodeAddresses: (addresses) => {
        log.info({ addresses: addresses.map(String) }, 'addresses of the node');
        controller.nodeAddressesChanged(addresses);
        known = addresses;
        setHealthCheckAddresses();
      },
      vipLost: () => {
        controller.requestAudit();
      },
      failed: (error) => {
        log.error(`the addresses of the node: ${error.message}`);
      },
    },
    { rereadEveryMs: auditEveryMs },
  );
}

function openHealthChecks(health: ProxyHealth, log: Logger): HealthCheckServers {
  return new HealthCheckServers({
    isHealthy: () => health.healthy,
    failed: (service, port, error) => {
      log.error({ service, port }, `the health-check node port cannot be served: ${error.message}`);
    },
  });
}

const noEvents: EventRecorder = { record: () => undefined };

async function openEvents({ kubeconfig, nodeName }: Settings, log: Logger): Promise<EventRecorder> {
  const config = await loadKubeConfig({ file: kubeconfig });
  return new QueuedEventRecorder(apiServerWriter(config, nodeName), (error) => {
    log.warn(`an Event could not be written: ${error.message}`);
  });
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, resolve);
    }
  });
}

function logListener(
  log: Logger,
  events: EventRecorder,
): Omit<ControllerListener, 'synced' | 'healthCheck'> {
  return {
    problem: (problem) => {
      logProblem(log, problem);
      events.record(problem);
    },
    mistake: logMistake.bind(undefined, log),
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
