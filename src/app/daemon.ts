import { AddressClient } from '../kernel/vip-link/client.ts';
import { NodeAddressWatch } from '../kernel/vip-link/node-address-watch.ts';
import { ReleaseWhileListing } from './release-while-listing.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { Settings } from '../config/settings.ts';
import { Controller, type ControllerListener } from './controller.ts';
import { ReportEvents } from '../serve/events/report-events.ts';
import { HealthCheckServers } from '../serve/health/health-check-servers.ts';
import { ProxyHealth } from '../serve/health/proxy-health.ts';
import { answerHealth } from './answer-health.ts';
import { codeOf } from './code-of.ts';
import { openCounters, watchForMetrics, type Counters } from './metric-sources.ts';
import { openLimitWatch, type Limits } from './open-limit-watch.ts';
import { openOutlierWatch } from './open-outlier-watch.ts';
import type { OutlierWatch } from './outlier-watch.ts';
import { NodeTroubles } from '../inspect/node-troubles.ts';
import { addressTrouble, configurationTrouble, kernelTrouble } from './node-trouble-texts.ts';
import { healthCheckNews } from './health-check-news.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { OngoingTroubles } from './ongoing-troubles.ts';
import { rememberPortRanges } from './remember-port-ranges.ts';
import { retirePredecessor } from './retire-predecessor.ts';
import { openTakeOver } from './open-take-over.ts';
import type { TakeOver } from './take-over.ts';
import { openStatus, type Status } from './status.ts';
import { KernelState } from './kernel-state.ts';
import { nodeAddressNews } from './node-address-news.ts';
import { watchRules } from './watch-rules.ts';
import { wallClockMs } from '../base/time/wall-clock.ts';
import type { HttpEndpoint } from '../serve/http/http-endpoint.ts';
import { openEndpoints } from '../serve/http/open-endpoints.ts';
import { localDetectorOf } from '../kernel/packet-filter/local-detector.ts';
import type { RuleWatch } from '../kernel/packet-filter/packet-filter.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { OutlierBook } from '../outliers/outlier-book.ts';
import { nodePortAddressesOf } from '../translate/node-addresses.ts';

export type { DaemonListener, DaemonParts } from './daemon-parts.ts';

/** The program that runs on a node: all parts together, from start to stop. */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #store: ClusterStore;
  readonly #events: ReportEvents;
  readonly #health: ProxyHealth;
  readonly #healthChecks: HealthCheckServers;
  readonly #controller: Controller;
  readonly #addresses = new AddressClient();
  readonly #watch: NodeAddressWatch;
  readonly #endpoints: readonly HttpEndpoint[];
  #ruleWatch: RuleWatch | undefined;
  readonly #counters: Counters | undefined;
  readonly #outliers: OutlierBook;
  readonly #outlierWatch: OutlierWatch;
  readonly #limits: Limits;
  #nodeAddresses: readonly IpAddress[] = [];
  readonly #troubles = new OngoingTroubles();
  readonly #nodeTroubles: NodeTroubles;
  readonly #status: Status | undefined;
  readonly #kernelState: KernelState;
  readonly #takeOver: TakeOver | undefined;
  #stopped = false;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#store = parts.store;
    const { settings, kernel } = parts;
    this.#nodeTroubles = parts.troubles ?? new NodeTroubles(wallClockMs);
    this.#outliers = parts.outliers ?? new OutlierBook();
    this.#events = new ReportEvents(parts.events, settings.nodeName);
    this.#health = new ProxyHealth(settings.auditEveryMs);
    this.#kernelState = new KernelState(this.#health, this.#troubles, parts.listener, (message) => {
      this.#events.node('KernelUnreadable', message);
    });
    this.#healthChecks = this.#openHealthChecks();
    this.#controller = new Controller(
      this.#store,
      kernel.desired,
      kernel.reconciler,
      { ...settings, outliers: this.#outliers },
      this.#controllerListener(),
    );
    const troubles = this.#nodeTroubles;
    this.#outlierWatch = openOutlierWatch(this.#outliers, this.#controller, parts, troubles);
    this.#limits = openLimitWatch(parts, troubles);
    watchForMetrics(parts.metrics, { kernel, controller: this.#controller, health: this.#health });
    this.#takeOver = openTakeOver(parts, this.#health, this.#events);
    this.#counters = openCounters(parts, troubles);
    this.#status = openStatus(settings, {
      store: this.#store,
      translator: this.#controller.translator,
      kernel,
      outliers: this.#outliers,
      full: this.#limits.full,
      troubles,
      counters: this.#counters?.book,
    });
    kernel.onIpvsReloaded(() => {
      // Its tables are empty, and its sysctls and timeouts are those of a new module.
      parts.listener.info('IPVS was unloaded and loaded again: programming everything anew');
      this.#controller.requestAudit();
    });
    this.#watch = this.#openWatch();
    this.#endpoints = this.#openEndpoints();
  }

  /**
   * Starts everything. Resolves once the cluster was listed and its first round is on the way;
   * rejects when the source cannot be used.
   */
  async start(): Promise<void> {
    const { source, kernel, settings, listener } = this.#parts;
    this.#endpoints.forEach((endpoint) => {
      endpoint.start();
    });
    this.#store.onChange(({ kind }) => {
      if (kind === 'node') {
        this.#nodeChanged();
      }
    });
    if (this.#store.node !== undefined) {
      this.#nodeChanged();
    }
    const release = new ReleaseWhileListing({
      ...{ store: this.#store, listener },
      protectedRanges: settings.translation.protectedRanges,
      release: (othersAt) => kernel.release(othersAt),
    });
    try {
      await source.start(this.#store);
    } finally {
      await release.end();
    }
    if (this.#store.synced && !this.#stopped) {
      await this.#watch.start();
      await rememberPortRanges(kernel, this.#store, this.#controller.translator, listener);
      this.#controller.start();
      this.#ruleWatch = watchRules(this.#parts, this.#controller);
    }
  }

  /** Ends all activity; what the kernel holds stays. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endpoints.forEach((endpoint) => {
      endpoint.stop();
    });
    this.#status?.close();
    this.#takeOver?.stop();
    this.#watch.stop();
    this.#ruleWatch?.stop();
    this.#addresses.close();
    this.#healthChecks.close();
    await Promise.all([
      this.#parts.source.stop().then(() => this.#controller.stop()),
      this.#parts.events.close(),
      this.#counters?.reading.stop(),
      this.#outlierWatch.stop(),
      this.#limits.watch.stop(),
    ]);
  }

  /** Takes over settings that can change in the running process. */
  apply(settings: Settings): void {
    this.#parts.kernel.apply(settings);
    this.#parts.metrics.health.configurationRefused(false);
    this.#nodeTroubles.end('configuration');
    this.#controller.setTranslation(settings.translation);
    this.#controller.requestAudit();
  }

  /** The configuration has changed to something that cannot be used. */
  configurationRefused(error: Error): void {
    const message = `the changed configuration is refused and the earlier one stays in effect: ${error.message}`;
    this.#parts.listener.error(message);
    this.#parts.metrics.health.configurationRefused(true);
    this.#events.node('ConfigurationRefused', message);
    this.#nodeTroubles.begin('configuration', configurationTrouble(message));
  }

  #controllerListener(): ControllerListener {
    const { listener, metrics } = this.#parts;
    return {
      problem: (problem) => {
        listener.problem(problem);
        this.#events.problem(problem);
        metrics.problems.refused(problem.reason);
      },
      mistake: (service, error) => {
        listener.mistake(service, error);
        metrics.problems.mistaken();
      },
      failure: (failure) => {
        listener.failure(failure);
        this.#events.failure(failure);
        metrics.kernel.failed(failure.kind, codeOf(failure.error));
      },
      round: (report, durationMs, scope) => {
        metrics.rounds.ended(scope, report, durationMs);
        if (scope === 'audit') {
          void retirePredecessor(this.#parts, this.#troubles);
        }
        this.#kernelState.round(report, durationMs);
      },
      synced: () => {
        this.#counters?.reading.start();
        this.#outlierWatch.start();
        this.#limits.watch.start();
        if (this.#health.roundEnded()) {
          metrics.rounds.synced();
          this.#takeOver?.start();
        }
      },
      kernelRead: () => {
        this.#kernelState.read();
        this.#nodeTroubles.end('kernel');
      },
      unwritable: (kinds) => {
        this.#health.unwritable(kinds);
      },
      changed: (object) => {
        metrics.changes.arrived(object);
      },
      programmed: ({ sinceArrivalMs, sinceTriggerMs }) => {
        metrics.changes.programmed(sinceArrivalMs, sinceTriggerMs);
      },
      healthCheck: (service, check) => {
        this.#healthChecks.set(service, check);
      },
      auditFailed: (error) => {
        metrics.kernel.failed('audit', codeOf(error));
        this.#kernelState.unreadable(error);
        this.#nodeTroubles.begin('kernel', kernelTrouble(error));
      },
      mended: (foundation) => {
        listener.info(`${foundation}: in place now`);
      },
    };
  }

  #openHealthChecks(): HealthCheckServers {
    return new HealthCheckServers({
      isHealthy: () => this.#health.healthy,
      ...healthCheckNews(this.#parts, this.#events, this.#nodeTroubles),
    });
  }

  #openWatch(): NodeAddressWatch {
    const { listener, settings } = this.#parts;
    return new NodeAddressWatch(
      this.#addresses,
      {
        nodeAddresses: (addresses) => {
          listener.info('addresses of the node', { addresses: addresses.map(String) });
          this.#nodeAddresses = addresses;
          this.#controller.nodeAddressesChanged(addresses);
          this.#setHealthCheckAddresses();
        },
        vipLost: () => {
          this.#controller.requestAudit();
        },
        ...nodeAddressNews(this.#health, this.#troubles, listener, this.#nodeTroubles),
      },
      { rereadEveryMs: settings.auditEveryMs },
    );
  }

  #openEndpoints(): readonly HttpEndpoint[] {
    const { settings, metrics } = this.#parts;
    return openEndpoints(
      [
        {
          name: 'health',
          address: settings.healthzBindAddress,
          route: (path) => answerHealth(path, this.#health, this.#parts),
        },
        {
          name: 'metrics',
          address: settings.metricsBindAddress,
          route: async (path, asked) =>
            (await this.#status?.answer(path, asked)) ?? metrics.answer(path),
        },
      ],
      {
        opened: (name) => {
          this.#nodeTroubles.end(name);
        },
        failed: this.#bindFailed.bind(this),
      },
    );
  }

  #bindFailed(name: string, error: Error): void {
    const failure = new Error(`the ${name} endpoint cannot be served: ${error.message}`);
    this.#parts.metrics.health.bindFailed(name);
    this.#events.node('AddressUnavailable', failure.message);
    this.#nodeTroubles.begin(name, addressTrouble(failure));
    if (this.#parts.settings.bindAddressHardFail) {
      this.#parts.fatal(failure);
    } else if (this.#troubles.continues(name, failure.message)) {
      this.#parts.listener.error(failure.message);
    }
  }

  /** The Node may come later than Services, its addresses and the ranges of its Pods with it. */
  #nodeChanged(): void {
    const { kernel, settings } = this.#parts;
    this.#setHealthCheckAddresses();
    const local = localDetectorOf(settings.localDetection, this.#store.node?.podRanges ?? []);
    if (kernel.setLocalDetector(local)) {
      this.#controller.requestAudit();
    }
  }

  #setHealthCheckAddresses(): void {
    const { nodePortAddresses } = this.#parts.settings;
    if (nodePortAddresses.kind !== 'all') {
      const primary = this.#store.node?.primaryAddresses ?? [];
      const answering = nodePortAddressesOf(this.#nodeAddresses, primary, nodePortAddresses);
      this.#healthChecks.setAddresses(answering.map(String));
    }
  }
}
