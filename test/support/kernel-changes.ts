import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { GoldenShape } from '../../src/cli/golden-shape.ts';
import { ServiceTranslator } from '../../src/desired/service-translator.ts';
import { ip } from './cluster-objects.ts';
import { TestCluster, terminating, type TestEndpoint, type TestService } from './kernel-cluster.ts';
import { defaultOptions, KernelProgram } from './kernel-program.ts';
import { shell, shownKernel, type ShownKernel } from './kernel-state.ts';
import { MemoryTables } from './memory-tables.ts';

/** Something that happens to the cluster, to the node or to this program. */
export type Change =
  | { readonly kind: 'service'; readonly name: string; readonly service: TestService }
  | { readonly kind: 'no service'; readonly name: string }
  | {
      readonly kind: 'endpoints';
      readonly name: string;
      readonly endpoints: readonly TestEndpoint[];
    }
  | { readonly kind: 'node address'; readonly address: string; readonly isThere: boolean }
  /** Somebody else works at the kernel, and an audit follows. */
  | { readonly kind: 'drift'; readonly commands: string }
  | { readonly kind: 'restart' }
  | { readonly kind: 'pause'; readonly ms: number };

// Few of each, so that Services claim the same VIPs and node ports, endpoints are VIPs, and
// load-balancer IPs are node addresses.
const names = ['a', 'b', 'c', 'd'] as const;
const vips = ['10.96.0.1', '10.96.0.2', '10.96.0.3', '10.96.0.4'] as const;
const externalAddresses = ['192.0.2.11', '192.0.2.12', '203.0.113.1', '203.0.113.2'] as const;
const nodePorts = [30_001, 30_002] as const;
const podAddresses = ['10.244.1.1', '10.244.1.2', '10.244.1.3', '10.96.0.2'] as const;
const changingAddresses = ['192.0.2.11', '192.0.2.12'] as const;
const lastingAddress = '192.0.2.10';

const annotations = fc.oneof(
  fc.constant({}),
  fc
    .constantFrom('rr', 'lc', 'sh', 'no-such')
    .map((scheduler) => ({ 'kube-ipvs.io/scheduler': scheduler })),
  fc.constantFrom('mh-port', 'mh-fallback,mh-port', 'sh-port').map((flags) => ({
    'kube-ipvs.io/scheduler': 'mh',
    'kube-ipvs.io/scheduler-flags': flags,
  })),
);

const service: fc.Arbitrary<TestService> = fc
  .record({
    clusterIP: fc.constantFrom(...vips),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
    nodePort: fc.option(fc.constantFrom(...nodePorts), { nil: undefined }),
    ingress: fc.subarray([...externalAddresses], { maxLength: 2 }),
    externalIPs: fc.subarray([...externalAddresses], { maxLength: 1 }),
    sessionAffinity: fc.constantFrom('None', 'ClientIP'),
    annotations,
  })
  .map(({ nodePort, externalIPs, sessionAffinity, ...fields }) => ({
    ...fields,
    spec: {
      ports: [{ name: 'http', protocol: fields.protocol, port: 80, nodePort }],
      externalIPs,
      sessionAffinity,
    },
  }));

const endpoint: fc.Arbitrary<TestEndpoint> = fc
  .tuple(fc.constantFrom(...podAddresses), fc.constantFrom({}, { ready: false }, terminating))
  .map(([address, conditions]) => ({ address, conditions }));

const drift = fc.constantFrom(
  'ipvsadm -C',
  '! ip link show dev kube-ipvs0 >/dev/null 2>&1 || ip link delete kube-ipvs0',
  '! ip link show dev kube-ipvs0 >/dev/null 2>&1 || ip addr flush dev kube-ipvs0',
);

const name = fc.constantFrom(...names);

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('service' as const), name, service }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('endpoints' as const),
      name,
      endpoints: fc.uniqueArray(endpoint, { selector: JSON.stringify, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('no service' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('node address' as const),
      address: fc.constantFrom(...changingAddresses),
      isThere: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drift' as const), commands: drift }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.constantFrom(1, 15, 60) }),
  },
);

/** A cluster and a node to which changes happen, while this program follows. */
export class ChangingNode {
  readonly #cluster = new TestCluster();
  readonly #nodeAddresses = new Set<string>([lastingAddress]);
  #program: KernelProgram | undefined;

  async start(): Promise<void> {
    await shell(`
      ip link add eth0 type dummy; ip link set eth0 addrgenmode none up
      ip addr add ${lastingAddress}/24 dev eth0`);
    this.#program = await KernelProgram.start(this.#cluster.store);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
    await shell('ip link delete eth0');
  }

  async take(change: Change): Promise<void> {
    switch (change.kind) {
      case 'service':
        this.#cluster.putService(change.name, change.service);
        break;
      case 'no service':
        this.#cluster.removeService(change.name);
        break;
      case 'endpoints':
        this.#cluster.putEndpoints(change.name, change.endpoints);
        this.#cluster.putEndpoints(change.name, change.endpoints, 'UDP');
        break;
      case 'node address':
        await this.#changeNodeAddress(change.address, change.isThere);
        break;
      case 'drift':
        await shell(change.commands);
        this.#program?.requestAudit();
        break;
      case 'restart':
        await this.#program?.stop();
        this.#program = await KernelProgram.start(this.#cluster.store);
        break;
      case 'pause':
        await delay(change.ms);
        break;
    }
  }

  /** What the kernel is to hold, translated from scratch. */
  expected(): GoldenShape {
    const tables = new MemoryTables();
    const translator = new ServiceTranslator(this.#cluster.store, tables.desired, defaultOptions, {
      problem: () => undefined,
      mistake: (_service, error) => {
        throw error;
      },
      healthCheck: () => undefined,
    });
    translator.nodeAddressesChanged([...this.#nodeAddresses].map(ip));
    translator.everythingChanged();
    translator.translate();
    return tables.shape();
  }

  async #changeNodeAddress(address: string, isThere: boolean): Promise<void> {
    if (this.#nodeAddresses.has(address) === isThere) {
      return;
    }
    await shell(`ip addr ${isThere ? 'add' : 'del'} ${address}/24 dev eth0`);
    if (isThere) {
      this.#nodeAddresses.add(address);
    } else {
      this.#nodeAddresses.delete(address);
    }
  }
}

/** What the kernel holds, less the real servers that drain. */
export async function shownWithoutDraining(): Promise<ShownKernel> {
  const { virtualServers, boundAddresses } = await shownKernel();
  return {
    virtualServers: virtualServers.map(({ realServers, ...others }) => ({
      ...others,
      realServers: realServers.filter(({ weight }) => weight > 0),
    })),
    boundAddresses,
  };
}
