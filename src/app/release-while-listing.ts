import { asError } from '../base/as-error.ts';
import type { ApiServerAddress } from '../cluster/objects.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { Cidr } from '../net/cidr.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { OthersAt } from '../kernel/captured/release-captured.ts';

export interface ReleaseOptions {
  readonly store: ClusterStore;
  readonly protectedRanges: readonly Cidr[];
  /** Unbinds; returns what was unbound. */
  readonly release: (othersAt: OthersAt) => Promise<readonly IpAddress[]>;
  readonly listener: {
    info(message: string, details?: object): void;
    error(message: string, details?: object): void;
  };
}

/**
 * While the first list is waited for, gives up what a version before, or kube-proxy, has bound and is
 * the API server's or protected: with it the list may never come. An address that the environment of
 * the Pod alone names is left: it is the cluster IP of the API server, as a rule. What is another
 * Node's goes with the first round, as all that nobody wants.
 */
export class ReleaseWhileListing {
  readonly #options: ReleaseOptions;
  readonly #unsubscribe: () => void;
  #servers: readonly ApiServerAddress[] | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReleaseOptions) {
    this.#options = options;
    this.#unsubscribe = options.store.onChange(({ kind }) => {
      if (kind === 'hosts') {
        this.#look();
      }
    });
    this.#look();
  }

  /** The list is there; resolves when nothing is under way. */
  async end(): Promise<void> {
    this.#unsubscribe();
    await this.#work;
  }

  #look(): void {
    const { store, protectedRanges } = this.#options;
    const { apiServers } = store;
    const configured = apiServers.filter(({ isConfigured }) => isConfigured);
    if (apiServers !== this.#servers && configured.length + protectedRanges.length > 0) {
      this.#servers = apiServers;
      this.#work = this.#work.then(() => this.#release(configured));
    }
  }

  async #release(servers: readonly ApiServerAddress[]): Promise<void> {
    const { store, protectedRanges, release, listener } = this.#options;
    const inPods = store.apiServers.filter(({ isConfigured }) => !isConfigured);
    const othersAt: OthersAt = (address) => {
      const here = servers.filter((server) => server.address.equals(address));
      if (inPods.some((server) => server.address.equals(address))) {
        return undefined;
      }
      if (here.length > 0) {
        return { apiServerPorts: here.map(({ port }) => port) };
      }
      return protectedRanges.some((range) => range.contains(address))
        ? { apiServerPorts: undefined }
        : undefined;
    };
    try {
      for (const address of await release(othersAt)) {
        const whose = servers.some((server) => server.address.equals(address))
          ? 'an address of the API server'
          : 'in kubeIpvs.protectedCIDRs';
        listener.info(
          `unbound ${address.text}, which a Service had taken on this node: it is ${whose}`,
        );
      }
    } catch (error) {
      listener.error(
        `could not check whether addresses of the API server are bound here: ${asError(error).message}`,
      );
    }
  }
}
