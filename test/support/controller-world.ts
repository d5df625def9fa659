import { mock } from 'node:test';
import { vipLinkName } from '../../src/kernel/vip-link/protocol.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { Controller, type ControllerOptions } from '../../src/app/controller.ts';
import { DesiredState, type DesiredChange } from '../../src/desired/desired-state.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import { endpoint, service, slice } from './cluster-objects.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { kernelKinds } from './kernel-kinds.ts';
import { frontEnd, realServers } from './rows.ts';
import { translatorOptions } from './translator-world.ts';

export const webKey = 'TCP 10.96.0.1:80';
export const webSlice = slice([endpoint('10.244.1.1')]);
export const webRow = frontEnd({ realServers: realServers('10.244.1.1') });
export const auditEveryMs = 30_000;

class CountingReconciler extends Reconciler {
  rounds = 0;

  override round() {
    this.rounds += 1;
    return super.round();
  }
}

class RecordingDesiredState extends DesiredState {
  readonly translated: string[] = [];

  override replace(...[claims, ...others]: Parameters<DesiredState['replace']>): DesiredChange {
    this.translated.push(claims.key);
    return super.replace(claims, ...others);
  }
}

const started: Controller[] = [];

/** Of durations: no change of `Date` moves it. */
const clock = { nowMs: 0 };

/** Stands still the clocks for each test of the suite, and stops its controllers after it. */
export function withoutClocks(): void {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_000_000 });
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((controller) => controller.stop()));
    mock.timers.reset();
  });
}

/** A controller with the real store and tables over a fake kernel, and what is seen of it. */
export interface World {
  readonly controller: Controller;
  readonly store: ClusterStore;
  readonly reconciler: CountingReconciler;
  /** With the VIP link, and nothing else. */
  readonly kernel: FakeKernel;
  /** Every change that the kernel was asked for. */
  readonly log: string[];
  /** The key of each Service that was translated. */
  readonly translated: string[];
  /** Every call of the listener. */
  readonly told: string[];
  /** How often it was told that the kernel is in order. */
  readonly syncs: { count: number };
  /** The kinds that could not be written after the last round. */
  readonly unwritable: readonly string[];
}

export async function setUp(options: Partial<ControllerOptions> = {}): Promise<World> {
  const kernel = new FakeKernel();
  kernel.route.addLink(vipLinkName, 'dummy');
  const kinds = await kernelKinds(kernel, () => clock.nowMs);
  const virtualServerTable = new KindTable(kinds.virtualServers);
  const addressTable = new KindTable(kinds.addresses);
  const store = new ClusterStore();
  const told: string[] = [];
  const syncs = { count: 0 };
  const unwritable: string[] = [];
  let isFirstRound = true;
  const desired = new RecordingDesiredState(virtualServerTable, addressTable);
  const { translated } = desired;
  const reconciler = new CountingReconciler([virtualServerTable, addressTable], () => clock.nowMs);
  const controller = new Controller(
    store,
    desired,
    reconciler,
    { ...translatorOptions, auditEveryMs, ...options },
    {
      problem: ({ object, value }) => told.push(`problem ${object} ${String(value)}`),
      failure: ({ kind, key, error }) => told.push(`failure ${kind} ${key}: ${error.message}`),
      round: ({ applied }) => {
        if (applied > 0 || isFirstRound) {
          told.push(`round ${applied}`);
        }
        isFirstRound = false;
      },
      changed: () => undefined,
      programmed: () => undefined,
      synced: () => {
        syncs.count += 1;
      },
      kernelRead: () => undefined,
      unwritable: (kinds) => {
        unwritable.splice(0, Infinity, ...kinds);
      },
      mistake: (service, error) => told.push(`mistake ${service}: ${error.message}`),
      healthCheck: (service, check) => {
        if (check !== undefined) {
          told.push(`health check ${service} ${check.nodePort} ${check.localEndpoints}`);
        }
      },
      auditFailed: (error) => told.push(`audit failed: ${error.message}`),
      mended: (foundation) => told.push(`mended ${foundation}`),
    },
  );
  started.push(controller);
  const { log } = kernel;
  return { log, kernel, store, translated, told, syncs, unwritable, reconciler, controller };
}

/** Everything that does not wait for a clock is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function pass(ms: number): Promise<void> {
  clock.nowMs += ms;
  mock.timers.tick(ms);
  await settled();
}

/** Both lists complete: the Service `default/web` with one endpoint. */
export function fill(store: ClusterStore): void {
  store.replaceServices([service()]);
  store.replaceSlices([webSlice]);
}

/** A controller that has brought `default/web` to the kernel; what it did so far is forgotten. */
export async function running(options: Partial<ControllerOptions> = {}): Promise<World> {
  const world = await setUp(options);
  fill(world.store);
  world.controller.start();
  await settled();
  forget(world);
  return world;
}

/** The VIPs that the kernel has. */
export function vips({ route }: FakeKernel): string[] {
  return route.addressesOn(vipLinkName);
}

export function forget({ kernel, translated, told }: World): void {
  kernel.log.length = 0;
  kernel.questions.length = 0;
  translated.length = 0;
  told.length = 0;
}
