import assert from 'node:assert/strict';
import type { GoldenShape } from '../../src/cli/golden-shape.ts';
import {
  objectKey,
  type EndpointSlice,
  type Node,
  type ObjectKey,
  type Service,
} from '../../src/cluster/objects.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import type { TranslatorOptions } from '../../src/desired/service-translator.ts';
import type { HealthCheck } from '../../src/translate/desired.ts';
import type { ClusterCommand } from './cluster-command.ts';
import { OutlierBook } from '../../src/outliers/outlier-book.ts';
import { MemoryTables } from './memory-tables.ts';
import { FollowedStore, RunningProgram, type ModelProgram } from './running-program.ts';

/** The kernel that programs work on, one after the other. */
export interface ModelKernel {
  open(): Promise<ModelProgram>;
  /** What it holds, read from it and not from what the program believes. */
  observe(): Promise<GoldenShape>;
  /** Whether for the program that was opened last nothing drains, and nothing is in a slow start. */
  isAtRest(): boolean;
  setConnections?(each: number): void;
  /** Somebody else changes one of its real servers. */
  drift?(choice: number, weight: number, limit: number): void;
  /** Time passes, in milliseconds. */
  pass?(ms: number): void;
}

const betweenLooksMs = 10_000;
/** How often draining is looked at before it must be over. */
const looksAtMost = 10;

/**
 * A cluster that is changed step by step, with one program after the other that follows it. What
 * the kernel holds must in the end not depend on the way.
 */
export class ClusterModel {
  readonly #kernel: ModelKernel;
  readonly #options: TranslatorOptions;
  readonly #services = new Map<ObjectKey, Service>();
  readonly #slices = new Map<ObjectKey, EndpointSlice>();
  #node: Node | undefined;
  #nodeAddresses: readonly IpAddress[] = [];
  #running: RunningProgram;
  #nowMs = 0;

  private constructor(kernel: ModelKernel, options: TranslatorOptions, program: ModelProgram) {
    this.#kernel = kernel;
    this.#options = options;
    this.#running = new RunningProgram(program, options);
  }

  static async start(kernel: ModelKernel, options: TranslatorOptions): Promise<ClusterModel> {
    return new ClusterModel(kernel, options, await kernel.open());
  }

  async run(command: ClusterCommand): Promise<void> {
    const { store } = this.#running;
    switch (command.kind) {
      case 'set service':
        this.#services.set(objectKey(command.service), command.service);
        store.setService(command.service);
        break;
      case 'set slice':
        this.#setSlice(command.slice);
        break;
      case 'flip readiness':
        this.#flipReadiness(command.pick);
        break;
      case 'delete service':
        pickFrom(this.#services, command.pick, (key) => {
          this.#services.delete(key);
          store.deleteService(key);
        });
        break;
      case 'delete slice':
        pickFrom(this.#slices, command.pick, (key) => {
          this.#slices.delete(key);
          store.deleteSlice(key);
        });
        break;
      case 'node':
        this.#node = command.node;
        store.setNode(command.node);
        break;
      case 'node addresses':
        this.#nodeAddresses = command.addresses;
        this.#running.translator.nodeAddressesChanged(command.addresses);
        break;
      default:
        await this.#act(command);
    }
  }

  /** All work is done, and nothing has connections any more. */
  async settle(): Promise<void> {
    await this.#running.work();
    this.#kernel.setConnections?.(0);
    for (let looks = 0; looks === 0 || !this.#kernel.isAtRest(); looks += 1) {
      assert.ok(looks < looksAtMost, 'draining and starting do not come to their end');
      this.#kernel.pass?.(betweenLooksMs);
      await this.#running.look();
    }
  }

  /** The kernel holds what a program holds that knows nothing but the cluster as it is now. */
  async assertAsFromScratch(): Promise<void> {
    const expected = this.#fromScratch();
    assert.deepEqual(await this.#kernel.observe(), expected.shape);
    assert.deepEqual(this.#running.healthChecks, expected.healthChecks);
    assert.deepEqual(this.#running.mistakes, []);
    const { reconciler } = this.#running.program;
    assert.deepEqual([reconciler.differing(), reconciler.failing()], [[], []]);
    assert.equal(reconciler.hasWork(), false);
  }

  /** New connections go where they should, whatever still drains. */
  async #assertServes(): Promise<void> {
    const { virtualServers, boundAddresses } = await this.#kernel.observe();
    const expected = this.#fromScratch().shape;
    assert.deepEqual(
      { virtualServers: virtualServers.map(serving), boundAddresses },
      { ...expected, virtualServers: expected.virtualServers.map(serving) },
    );
  }

  close(): void {
    this.#running.program.close();
  }

  async #act(command: Extract<ClusterCommand, { kind: ActionKind }>): Promise<void> {
    switch (command.kind) {
      case 'work':
        await this.#running.work();
        await this.#assertServes();
        break;
      case 'look':
        this.#kernel.pass?.(command.afterMs);
        await this.#running.look();
        break;
      case 'audit':
        await this.#running.audit();
        break;
      case 'seconds':
        this.#pass(command.count, command.pick);
        break;
      case 'drift':
        this.#kernel.drift?.(command.pick, command.weight, command.limit);
        await this.#running.audit();
        break;
      case 'connections':
        this.#kernel.setConnections?.(command.each);
        break;
      case 'list again':
        this.#list();
        break;
      case 'restart':
        await this.#restart();
        break;
    }
  }

  #pass(seconds: number, choice: number | undefined): void {
    const failing = choice === undefined ? undefined : this.#running.ejectable(choice);
    for (let second = 0; second < seconds; second += 1) {
      this.#nowMs += 1000;
      this.#kernel.pass?.(1000);
      this.#running.judge(failing, this.#nowMs);
    }
  }

  async #restart(): Promise<void> {
    this.#running.program.close();
    this.#running = new RunningProgram(await this.#kernel.open(), this.#options);
    this.#running.store.setNode(this.#node);
    this.#running.translator.nodeAddressesChanged(this.#nodeAddresses);
    this.#list();
  }

  #list(): void {
    this.#running.store.replaceServices([...this.#services.values()]);
    this.#running.store.replaceSlices([...this.#slices.values()]);
  }

  #setSlice(slice: EndpointSlice): void {
    this.#slices.set(objectKey(slice), slice);
    this.#running.store.setSlice(slice);
  }

  /** Of one endpoint of one slice. */
  #flipReadiness(choice: number): void {
    pickFrom(this.#slices, choice, (_key, slice) => {
      const index = choice % Math.max(slice.endpoints.length, 1);
      const endpoints = slice.endpoints.map((endpoint, position) =>
        position === index
          ? { ...endpoint, ready: !endpoint.ready, serving: !endpoint.ready }
          : endpoint,
      );
      this.#setSlice({ ...slice, endpoints });
    });
  }

  #fromScratch(): {
    readonly shape: GoldenShape;
    readonly healthChecks: ReadonlyMap<ObjectKey, HealthCheck>;
  } {
    const store = new ClusterStore();
    store.setNode(this.#node);
    // The other way round: the order in which objects come must not matter.
    store.replaceSlices([...this.#slices.values()].toReversed());
    store.replaceServices([...this.#services.values()].toReversed());
    const tables = new MemoryTables();
    const outliers = new SameOutliers(this.#running.outliers);
    const followed = new FollowedStore(store, tables.desired, { ...this.#options, outliers });
    followed.translator.nodeAddressesChanged(this.#nodeAddresses);
    followed.translator.everythingChanged();
    followed.translator.translate();
    return {
      shape: tables.shape(),
      healthChecks: followed.healthChecks,
    };
  }
}

type ActionKind =
  'work' | 'look' | 'audit' | 'seconds' | 'drift' | 'connections' | 'list again' | 'restart';

/** Says which real servers are ejected as another book does, and is told nothing that this one would hear. */
class SameOutliers extends OutlierBook {
  override readonly outliersOf: OutlierBook['outliersOf'];

  constructor({ outliersOf }: OutlierBook) {
    super();
    this.outliersOf = outliersOf;
  }
}

function pickFrom<T>(
  map: ReadonlyMap<string, T>,
  choice: number,
  act: (key: string, value: T) => void,
): void {
  const entries = [...map];
  const entry = entries[choice % Math.max(entries.length, 1)];
  if (entry !== undefined) {
    act(...entry);
  }
}

/** The whole story of one sequence. */
export async function followsTheCluster(
  kernel: ModelKernel,
  options: TranslatorOptions,
  commands: readonly ClusterCommand[],
): Promise<void> {
  const model = await ClusterModel.start(kernel, options);
  try {
    for (const command of commands) {
      await model.run(command);
    }
    await model.settle();
    await model.assertAsFromScratch();
  } finally {
    model.close();
  }
}

/** Those that get new connections. In a slow start some have a part of their weight. */
function serving(
  virtualServer: GoldenShape['virtualServers'][number],
): GoldenShape['virtualServers'][number] {
  const realServers = virtualServer.realServers
    .filter(({ weight }) => weight > 0)
    .map((each) => ({ ...each, weight: 1 }));
  return { ...virtualServer, realServers };
}
