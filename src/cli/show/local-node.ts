import { wallClockMs } from '../../base/time/wall-clock.ts';
import { monotonicMs } from '../../base/time/monotonic-clock.ts';
import { version } from '../../base/version.ts';
import { Inspector, type InspectedKernel } from '../../inspect/inspector.ts';
import { LiveVirtualServers } from '../../inspect/live-virtual-servers.ts';
import type {
  PageRequest,
  ProblemPage,
  ServicePage,
  StrayPage,
  Summary,
} from '../../inspect/pages.ts';
import type { ServiceFilter } from '../../inspect/service-query.ts';
import { FullBook } from '../../inspect/statistics/full-book.ts';
import { noCounters } from '../../inspect/statistics/counters.ts';
import type { KernelKnowledge } from '../../inspect/views/knowledge.ts';
import { IpvsClient } from '../../kernel/ipvs/client.ts';
import type { PacketFilterChoice } from '../../kernel/packet-filter/choose-packet-filter.ts';
import { observeKernel, type ObservedKernel } from '../observe-kernel.ts';
import type { ReadCluster } from '../read-cluster.ts';
import type { ShownNode } from './shown-node.ts';

/**
 * This node as this process reads it: the cluster once, the kernel at each refresh. `isDetailed`: with
 * what the kernel counts, for which each virtual server is asked for by itself. `packetFilter`: null where it is not known.
 */
export class LocalNode implements ShownNode {
  readonly #inspector: Inspector;
  #observed: ObservedKernel;
  readonly #live: LiveVirtualServers | undefined;
  #client: IpvsClient | undefined;

  constructor(
    cluster: ReadCluster,
    observed: ObservedKernel,
    packetFilter: PacketFilterChoice | null,
    isDetailed: boolean,
  ) {
    this.#observed = observed;
    this.#live = isDetailed
      ? new LiveVirtualServers(() => this.#connected(), monotonicMs)
      : undefined;
    const { store, translator, desired, virtualServers } = cluster;
    this.#inspector = new Inspector({
      version,
      store,
      translator,
      desired,
      kernel: this.#kernel(cluster, packetFilter),
      nodeProblems: () => [],
      virtualServerCount: () => virtualServers.size,
      now: wallClockMs,
    });
  }

  services(filter: ServiceFilter, request: PageRequest): Promise<ServicePage> {
    return this.#inspector.services(filter, request);
  }

  strays(filter: ServiceFilter, request: PageRequest): Promise<StrayPage> {
    return this.#inspector.strays(filter, request);
  }

  problems(filter: ServiceFilter, request: PageRequest): Promise<ProblemPage> {
    return Promise.resolve(this.#inspector.problems(filter, request));
  }

  summary(): Promise<Summary> {
    return Promise.resolve(this.#inspector.summary());
  }

  /** Rejects with NetlinkError. */
  async refresh(): Promise<void> {
    this.#observed = await observeKernel();
  }

  close(): void {
    this.#client?.close();
  }

  async #connected(): Promise<IpvsClient> {
    return (this.#client ??= await IpvsClient.connect());
  }

  /** By the connections of the last refresh. */
  #refusing(desired: ReadCluster['desired']): FullBook['refusing'] {
    const book = new FullBook();
    for (const [key, held] of this.#observed.virtualServers) {
      const service = desired.serviceOf(key);
      if (held.settings.limited && service !== undefined) {
        book.take(held, service);
      }
    }
    return book.refusing;
  }

  #kernel({ desired }: ReadCluster, packetFilter: PacketFilterChoice | null): InspectedKernel {
    const knowledge = (): KernelKnowledge => ({
      held: (key) => this.#observed.virtualServers.get(key),
      refusal: () => undefined,
      drainingForMs: () => undefined,
      isBoundByUs: (address) => this.#observed.boundAddresses.get(address)?.owned === true,
      counters: this.#live?.counters ?? noCounters,
      nowMs: wallClockMs(),
    });
    return {
      read: async (ids) => {
        const live = await this.#live?.read(ids);
        return live === undefined ? knowledge() : { ...knowledge(), held: (key) => live.get(key) };
      },
      strays: () =>
        [...this.#observed.virtualServers]
          .filter(([key]) => desired.serviceOf(key) === undefined)
          .map(([, { id }]) => id),
      failures: () => [],
      refusing: () => this.#refusing(desired),
      drainingCount: () =>
        [...this.#observed.virtualServers.values()].filter(
          ({ settings, realServers }) =>
            settings.owned && realServers.some(({ realServer }) => realServer.weight === 0),
        ).length,
      packetFilter,
      isDaemon: false,
    };
  }
}
