import { ApiTroubles } from '../../src/app/api-troubles.ts';
import { Daemon } from '../../src/app/daemon.ts';
import { limitedOf, type Kernel } from '../../src/app/kernel.ts';
import { createLogger } from '../../src/base/log.ts';
import { monotonicMs } from '../../src/base/time/monotonic-clock.ts';
import { version } from '../../src/base/version.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { readCluster } from '../../src/cli/doctor-cluster.ts';
import { apiObserver } from '../../src/cli/open-source.ts';
import { DaemonClient } from '../../src/cli/show/daemon-client.ts';
import type { Settings } from '../../src/config/settings.ts';
import { DesiredState } from '../../src/desired/desired-state.ts';
import type { NodeReaders } from '../../src/doctor/readers.ts';
import { askServer } from '../../src/kernel/takeover/ask-server.ts';
import { NodeTroubles } from '../../src/inspect/node-troubles.ts';
import { everything } from '../../src/inspect/service-query.ts';
import type { ProblemView } from '../../src/inspect/views/problem-view.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import { AddressClient } from '../../src/kernel/vip-link/client.ts';
import { vipLinkName } from '../../src/kernel/vip-link/protocol.ts';
import { OutlierBook } from '../../src/outliers/outlier-book.ts';
import type { Foundation } from '../../src/reconcile/foundation.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import { Metrics } from '../../src/serve/metrics/metrics.ts';
import { services } from '../../src/source/api-server/resource.ts';
import { ManifestSource } from '../../src/source/manifests/manifest-source.ts';
import { TestFolder } from './cli-folder.ts';
import { settingsWith } from './doctor-readers.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { freePort } from './free-port.ts';
import { kernelKinds } from './kernel-kinds.ts';

/** What is wrong with a node before its daemon starts. */
export interface FailingOptions {
  readonly manifests?: readonly unknown[];
  /** Fields of the KubeProxyConfiguration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly foundations?: readonly Foundation[];
  /** What the kernel is like, and what it refuses. */
  readonly kernel?: (kernel: FakeKernel) => Promise<void> | void;
}

/** The daemon over a kernel in memory, with a folder of manifests; what an operator can ask of it. */
export class FailingNode {
  readonly kernel: FakeKernel;
  readonly store: ClusterStore;
  readonly daemon: Daemon;
  readonly settings: Settings;
  /** Which real servers fail, as its daemon sees it. */
  readonly outliers = new OutlierBook();
  readonly #folder: TestFolder;
  readonly #opened: Kernel;
  readonly #apiTroubles: ApiTroubles;
  readonly #metrics: Metrics;

  private constructor(
    settings: Settings,
    folder: TestFolder,
    opened: { readonly kernel: Kernel; readonly fake: FakeKernel },
  ) {
    const troubles = new NodeTroubles(() => Date.now());
    const metrics = new Metrics();
    this.settings = settings;
    this.#folder = folder;
    this.#opened = opened.kernel;
    this.kernel = opened.fake;
    this.store = new ClusterStore();
    this.#apiTroubles = new ApiTroubles(troubles);
    this.#metrics = metrics;
    this.daemon = new Daemon({
      settings,
      kernel: opened.kernel,
      store: this.store,
      source: new ManifestSource({
        folder: folder.manifests,
        nodeName: settings.nodeName,
        // As `run` does.
        onProblem: () => {
          metrics.problems.refused('InvalidObject');
        },
      }),
      events: { record: () => undefined, close: () => Promise.resolve() },
      metrics,
      troubles,
      outliers: this.outliers,
      listener: silent,
      fatal: (error) => {
        throw error;
      },
    });
  }

  static async start(options: FailingOptions): Promise<FailingNode> {
    const { manifests = [], configuration = {}, foundations = [] } = options;
    const folder = new TestFolder();
    folder.write('objects.json', manifests);
    const settings = settingsWith({
      healthzBindAddress: `127.0.0.1:${await freePort()}`,
      metricsBindAddress: `127.0.0.1:${await freePort()}`,
      kubeIpvs: { serviceMetrics: 'none' },
      ...configuration,
    });
    const fake = new FakeKernel();
    fake.route.addLink(vipLinkName, 'dummy');
    await options.kernel?.(fake);
    const kernel = await openFake(fake, foundations);
    const node = new FailingNode(settings, folder, { kernel, fake });
    await node.daemon.start();
    return node;
  }

  /** The API server does not answer. */
  apiServerIsDown(): void {
    const counts = {
      note: (count: (metrics: Metrics) => void) => {
        count(this.#metrics);
      },
    };
    const observer = apiObserver(counts, createLogger('error', 'json'));
    this.#apiTroubles.told({
      object: 'API server',
      field: '',
      value: undefined,
      allowed: 'cannot list services: no connection within 2 s',
    });
    this.#apiTroubles.observing(observer).failed(services, 'list', 'unreachable', 1000);
  }

  /** What `show` prints of problems. */
  async shown(): Promise<readonly ProblemView[]> {
    const { metricsBindAddress } = this.settings;
    if (metricsBindAddress === undefined) {
      throw new Error('the test serves no metrics');
    }
    const client = await DaemonClient.connect(metricsBindAddress, version);
    return (await client.problems(everything, { offset: 0, limit: 100 })).problems;
  }

  async scrape(): Promise<string> {
    const answer = await askServer(this.settings.metricsBindAddress, '/metrics');
    return answer.kind === 'answered' ? answer.body : '';
  }

  /** What the doctor reads of this daemon and its cluster. */
  get readers(): Pick<NodeReaders, 'served' | 'cluster' | 'settings'> {
    const { healthzBindAddress, metricsBindAddress } = this.settings;
    const addresses = { health: healthzBindAddress, metrics: metricsBindAddress };
    const options = {
      manifests: this.#folder.manifests,
      timeout: 5000,
      output: 'table',
      strict: false,
      logLevel: 'info',
      logFormat: 'json',
    } as const;
    return {
      settings: this.settings,
      served: (endpoint, path) => askServer(addresses[endpoint], path),
      cluster: () => readCluster(options, this.settings),
    };
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    this.#opened.close();
    this.#folder.delete();
  }
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  error: () => undefined,
  problem: () => undefined,
  failure: () => undefined,
  mistake: () => undefined,
};

async function openFake(fake: FakeKernel, foundations: readonly Foundation[]): Promise<Kernel> {
  const kinds = await kernelKinds(fake, monotonicMs);
  const virtualServers = new KindTable(kinds.virtualServers);
  const boundAddresses = new KindTable(kinds.addresses);
  const desired = new DesiredState(virtualServers, boundAddresses);
  return {
    ipvs: kinds.client,
    addresses: new AddressClient({}, fake.open('route')),
    // The daemon asks it for nothing else; its sets and chains have tests of their own.
    packetFilter: {
      foundations,
      watch: () => ({ stop: () => undefined }),
    } as unknown as Kernel['packetFilter'],
    packetFilterChoice: { kind: 'nftables', why: 'this is a test' },
    desired,
    reconciler: new Reconciler([virtualServers, boundAddresses], undefined, foundations),
    virtualServers: kinds.virtualServers,
    virtualServerCount: () => virtualServers.size,
    openReader: () => IpvsClient.connect({}, fake.openElsewhere('generic')),
    limited: () => limitedOf(virtualServers.desired()),
    apply: () => undefined,
    onIpvsReloaded: () => undefined,
    flows: { onSearched: () => undefined },
    setLocalDetector: () => false,
    portRanges: () => Promise.resolve([]),
    release: () => Promise.resolve([]),
    retirePredecessor: () => Promise.resolve({ kind: 'none' }),
    removeAll: () => Promise.reject(new Error('nobody asks for it')),
    close: () => {
      kinds.client.close();
    },
  };
}
