import { mock } from 'node:test';
import { AddressClient } from '../../src/kernel/vip-link/client.ts';
import { NodeAddressWatch } from '../../src/kernel/vip-link/node-address-watch.ts';
import type { ClusterStore } from '../../src/cluster/store.ts';
import { Controller, type ControllerOptions } from '../../src/app/controller.ts';
import { formatVirtualServer } from '../../src/kernel/ipvs/model.ts';
import type { Kernel } from '../../src/app/kernel.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import { usualDefaults } from '../../src/translate/annotations/annotation.ts';
import { OutlierWatch } from '../../src/app/outlier-watch.ts';
import { OutlierBook, type Ejection } from '../../src/outliers/outlier-book.ts';
import type { ServiceProblem } from '../../src/translate/service-problem.ts';
import { openTestKernel } from './open-kernel.ts';

/** What `run` has without a configuration, on node-a. */
export const defaultOptions: ControllerOptions = {
  nodeName: 'node-a',
  nodePortAddresses: { kind: 'all' },
  translation: {
    ...usualDefaults,
    externalIPs: undefined,
    loadBalancerIPs: undefined,
    protectedRanges: [],
  },
  auditEveryMs: 30_000,
};

/**
 * What `run` keeps going, inside this process: the real kernel follows a store that the test
 * fills. Several can follow each other over the same store, as after restarts.
 */
export class KernelProgram {
  readonly problems: ServiceProblem[] = [];
  /** Errors of any kind; a test that expects none says so. */
  readonly errors: string[] = [];
  /** The real servers that were ejected, in their order. */
  readonly ejections: Ejection[] = [];
  /** How many rounds have changed something in the kernel. */
  roundsWithChanges = 0;
  /** The virtual servers whose real servers were asked for one by one, in their order. */
  readonly polled: string[] = [];
  /** Every set of node addresses that was told. */
  readonly nodeAddresses: (readonly IpAddress[])[] = [];
  readonly #kernel: Kernel;
  readonly #controller: Controller;
  readonly outliers = new OutlierBook();
  readonly #outlierWatch: OutlierWatch;
  readonly #watch: NodeAddressWatch;
  readonly #watchClient = new AddressClient();

  private constructor(store: ClusterStore, kernel: Kernel, options: Partial<ControllerOptions>) {
    this.#kernel = kernel;
    this.#recordPolls();
    kernel.onIpvsReloaded(() => {
      this.requestAudit();
    });
    const { desired, reconciler } = kernel;
    this.#controller = new Controller(
      store,
      desired,
      reconciler,
      { ...defaultOptions, outliers: this.outliers, ...options },
      {
        problem: (problem) => this.problems.push(problem),
        mistake: (_service, error) => this.errors.push(error.message),
        failure: ({ error }) => this.errors.push(error.message),
        auditFailed: (error) => this.errors.push(error.message),
        mended: () => undefined,
        healthCheck: () => undefined,
        synced: () => undefined,
        kernelRead: () => undefined,
        unwritable: () => undefined,
        round: ({ applied }) => {
          this.roundsWithChanges += applied > 0 ? 1 : 0;
        },
        changed: () => undefined,
        programmed: () => undefined,
      },
    );
    this.#outlierWatch = new OutlierWatch(this.outliers, {
      changed: (service) => {
        this.#controller.outliersChanged(service);
      },
      ejected: (ejection) => this.ejections.push(ejection),
      failed: (error) => this.errors.push(error.message),
    });
    this.#watch = new NodeAddressWatch(
      this.#watchClient,
      {
        nodeAddresses: (addresses) => {
          this.nodeAddresses.push(addresses);
          this.#controller.nodeAddressesChanged(addresses);
        },
        vipLost: () => {
          this.#controller.requestAudit();
        },
        read: () => undefined,
        unreadable: (error) => this.errors.push(error.message),
        followed: () => undefined,
        unfollowed: (error) => this.errors.push(error.message),
      },
      { rereadEveryMs: 30_000 },
    );
  }

  static async start(
    store: ClusterStore,
    options: Partial<ControllerOptions> = {},
  ): Promise<KernelProgram> {
    const told: string[] = [];
    const kernel = await openTestKernel((message) => told.push(message));
    const program = new KernelProgram(store, kernel, options);
    program.errors.push(...told);
    await program.#watch.start();
    program.#controller.start();
    program.#outlierWatch.start();
    return program;
  }

  /** Reads the kernel anew and repairs what differs. */
  requestAudit(): void {
    this.#controller.requestAudit();
  }

  /** The kernel is left as it is. */
  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#outlierWatch.stop();
    this.#watchClient.close();
    await this.#controller.stop();
    this.#kernel.close();
  }

  #recordPolls(): void {
    const { ipvs } = this.#kernel;
    const realServers = ipvs.realServers.bind(ipvs);
    mock.method(ipvs, 'realServers', (id: Parameters<typeof realServers>[0]) => {
      this.polled.push(formatVirtualServer(id));
      return realServers(id);
    });
  }
}
