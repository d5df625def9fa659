import { toGoldenShape, type GoldenShape } from '../../src/cli/golden-shape.ts';
import { DesiredState } from '../../src/desired/desired-state.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { VirtualServer } from '../../src/kernel/ipvs/model.ts';
import { isScheduler } from '../../src/kernel/ipvs/schedulers.ts';
import type { ModelKernel } from './cluster-model.ts';
import { ip } from './cluster-objects.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { kernelKinds, type KernelKinds } from './kernel-kinds.ts';
import { rowsOf } from './kernel-rows.ts';
import type { ModelProgram } from './running-program.ts';

/** Of the flags of a virtual server. */
const limitedFlag = 0x2000_0000;

/** A fake kernel for programs that start and end, with its own clock and connections. */
export class MemoryKernel implements ModelKernel {
  readonly #kernel = new FakeKernel();
  #kinds: KernelKinds | undefined;
  #nowMs = 0;

  async open(): Promise<ModelProgram> {
    const now = () => this.#nowMs;
    const kinds = await kernelKinds(this.#kernel, now);
    this.#kinds = kinds;
    const virtualServers = new KindTable(kinds.virtualServers);
    const boundAddresses = new KindTable(kinds.addresses);
    return {
      desired: new DesiredState(virtualServers, boundAddresses),
      reconciler: new Reconciler([virtualServers, boundAddresses], now, [], () => {
        kinds.virtualServers.roundEnded();
      }),
      close: () => {
        kinds.client.close();
      },
    };
  }

  async observe(): Promise<GoldenShape> {
    const virtualServers = Array.from(rowsOf(this.#kernel).values(), ours);
    return toGoldenShape(virtualServers, this.#kernel.route.addressesOn('kube-ipvs0').map(ip));
  }

  isAtRest(): boolean {
    const { virtualServers } = this.#kinds ?? {};
    return virtualServers?.draining === 0 && !virtualServers.awaitsTime();
  }

  setConnections(active: number): void {
    this.#kernel.ipvs.connectionsEach = { active, inactive: 0, persistent: 0 };
  }

  /** Limits of a virtual server that does not say it is limited are seen by nobody. */
  drift(choice: number, weight: number, limit: number): void {
    const held = [...this.#kernel.ipvs.virtualServers.values()].flatMap(
      ({ settings, realServers }) =>
        Array.from(realServers.values(), (realServer) => ({ settings, realServer })),
    );
    const { settings, realServer } = held[choice % Math.max(held.length, 1)] ?? {};
    if (settings !== undefined && realServer !== undefined) {
      realServer.weight = weight;
      if ((settings.flags & limitedFlag) !== 0) {
        Object.assign(realServer, { upperThreshold: limit, lowerThreshold: 0 });
      }
    }
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }
}

/** This program makes nothing else. */
function ours(virtualServer: VirtualServer): VirtualServer {
  const { id, settings } = virtualServer;
  if (id.kind !== 'address' || !isScheduler(settings.scheduler) || !settings.owned) {
    throw new Error(`nothing that this program makes: ${JSON.stringify({ id, settings })}`);
  }
  return virtualServer;
}
