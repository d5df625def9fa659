import { ClusterStore } from '../../src/cluster/store.ts';
import { settingsFromText } from '../../src/config/load-settings.ts';
import { Daemon, type DaemonParts } from '../../src/app/daemon.ts';
import type { ProgramEvent } from '../../src/serve/events/event.ts';
import type { Kernel } from '../../src/app/kernel.ts';
import { Metrics } from '../../src/serve/metrics/metrics.ts';
import { formatProblem, type Problem } from '../../src/base/problem.ts';
import { ManifestSource } from '../../src/source/manifests/manifest-source.ts';
import { openTestKernel } from './open-kernel.ts';
import { until } from './until.ts';

/** What the log of a process would have, as far as the daemon writes it. */
interface DaemonLine {
  readonly level: 'debug' | 'info' | 'error';
  readonly msg: string;
  readonly [field: string]: unknown;
}

/**
 * All that `run --manifests` keeps going, health and health-check servers too, inside this process:
 * it starts in a fraction of the time of a process.
 */
export class KernelDaemon {
  readonly log: DaemonLine[] = [];
  /** All that would be told to an API server. */
  readonly events: ProgramEvent[] = [];
  readonly #kernel: Kernel;
  readonly #daemon: Daemon;
  #isStopped = false;

  private constructor(
    kernel: Kernel,
    parts: Pick<DaemonParts, 'settings' | 'source' | 'countersRestMs'>,
  ) {
    this.#kernel = kernel;
    const complain = (what: Problem | { readonly error: Error }): void => {
      const msg = 'error' in what ? what.error.message : formatProblem(what);
      this.log.push({ level: 'error', msg });
    };
    this.#daemon = new Daemon({
      ...parts,
      kernel,
      store: new ClusterStore(),
      events: { record: (event) => this.events.push(event), close: () => Promise.resolve() },
      metrics: new Metrics(),
      listener: {
        debug: (msg, details) => this.log.push({ ...details, level: 'debug', msg }),
        info: (msg, details) => this.log.push({ ...details, level: 'info', msg }),
        error: (msg, details) => this.log.push({ ...details, level: 'error', msg }),
        problem: complain,
        failure: complain,
        mistake: (_service, error) => {
          complain({ error });
        },
      },
      fatal: (error) => {
        complain({ error });
      },
    });
  }

  /** Resolves when the kernel is synced; `fields` are those of the KubeProxyConfiguration. */
  static async start(
    manifests: string,
    nodeName: string,
    fields: Readonly<Record<string, unknown>> = {},
    times: Pick<DaemonParts, 'countersRestMs'> = {},
  ): Promise<KernelDaemon> {
    const configuration = {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      ...fields,
    };
    const settings = settingsFromText(
      JSON.stringify(configuration),
      { nodeName },
      { withoutEffect: () => undefined, unknown: () => undefined },
    );
    const source = new ManifestSource({ folder: manifests, nodeName, onProblem: noProblem });
    const kernel = await openTestKernel(() => undefined, settings);
    const started = new KernelDaemon(kernel, { settings, source, ...times });
    await started.#daemon.start();
    const isSynced = () => started.log.some(({ msg }) => msg === 'kernel synced');
    await until('the kernel is synced', isSynced, 30_000);
    return started;
  }

  /** The kernel is left as it is. Does nothing the second time. */
  async stop(): Promise<void> {
    if (this.#isStopped) {
      return;
    }
    this.#isStopped = true;
    await this.#daemon.stop();
    this.#kernel.close();
  }
}

function noProblem(problem: Problem): never {
  throw new Error(`the test's own manifests have a problem: ${formatProblem(problem)}`);
}
