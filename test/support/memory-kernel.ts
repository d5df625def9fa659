import { toGoldenShape, type GoldenShape } from '../../src/cli/golden-shape.ts';
import { DesiredState } from '../../src/desired/desired-state.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { VirtualServer } from '../../src/kernel/ipvs/model.ts';
import { isScheduler } from '../../src/kernel/ipvs/schedulers.ts';
import type { ModelKernel } from './cluster-model.ts';
import { ip } from './cluster-objects.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { kernelKinds } from './kernel-kinds.ts';
import { rowsOf } from './kernel-rows.ts';
import type { ModelProgram } from './running-program.ts';

/** A fake kernel for programs that start and end, with its own clock and connections. */
export class MemoryKernel implements ModelKernel {
  readonly #kernel = new FakeKernel();
  #nowMs = 0;

  async open(): Promise<ModelProgram> {
    const now = () => this.#nowMs;
    const kinds = await kernelKinds(this.#kernel, now);
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

  setConnections(active: number): void {
    this.#kernel.ipvs.connectionsEach = { active, inactive: 0, persistent: 0 };
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
