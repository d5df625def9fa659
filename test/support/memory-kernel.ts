import { toGoldenShape, type GoldenShape } from '../../src/cli/golden-shape.ts';
import { DesiredState } from '../../src/reconcile/desired-state.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import { VirtualServerKind } from '../../src/reconcile/virtual-server-kind.ts';
import type { VirtualServer } from '../../src/translate/desired.ts';
import type { SchedulerFlag } from '../../src/translate/scheduler-flags.ts';
import { isScheduler } from '../../src/translate/scheduler.ts';
import type { ModelKernel } from './cluster-model.ts';
import { FakeIpvs } from './fake-ipvs.ts';
import { fakeBoundAddresses } from './fake-kind.ts';
import type { ModelProgram } from './running-program.ts';

/** A kernel in memory for programs that start and end, with its own clock and connections. */
export class MemoryKernel implements ModelKernel {
  readonly ipvs = new FakeIpvs();
  readonly #addresses = fakeBoundAddresses();
  #nowMs = 0;

  async open(): Promise<ModelProgram> {
    const now = () => this.#nowMs;
    const kind = new VirtualServerKind(this.ipvs, now, this.ipvs.visitTable);
    const virtualServers = new KindTable(kind);
    const boundAddresses = new KindTable(this.#addresses);
    return {
      desired: new DesiredState(virtualServers, boundAddresses),
      reconciler: new Reconciler([virtualServers, boundAddresses], now),
      close: () => undefined,
    };
  }

  async observe(): Promise<GoldenShape> {
    const virtualServers = Array.from(this.ipvs.rows.values(), asVirtualServer);
    const addresses = Array.from(this.#addresses.rows.values(), ({ address }) => address);
    return toGoldenShape(virtualServers, addresses);
  }

  setConnections(each: number): void {
    this.ipvs.connectionsEach = each;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }
}

type Row = FakeIpvs['rows'] extends ReadonlyMap<string, infer R> ? R : never;

function asVirtualServer({ id, settings, realServers }: Row): VirtualServer {
  if (id.kind !== 'address' || !isScheduler(settings.scheduler) || !settings.owned) {
    throw new Error(`nothing that this program makes: ${JSON.stringify({ id, settings })}`);
  }
  const { protocol, address, port } = id;
  return {
    protocol,
    address,
    port,
    scheduler: settings.scheduler,
    schedulerFlags: { names: flagNames(settings.scheduler, settings.schedulerFlags) },
    persistenceSeconds: settings.persistence?.timeoutSeconds,
    drainTimeoutMs: undefined,
    members: [],
    realServers,
  };
}

function flagNames(scheduler: string, bits: number): SchedulerFlag[] {
  const names = scheduler === 'mh' ? mhFlags : shFlags;
  return names.filter((_name, bit) => (bits & (1 << bit)) !== 0);
}

const shFlags: readonly SchedulerFlag[] = ['sh-fallback', 'sh-port'];
const mhFlags: readonly SchedulerFlag[] = ['mh-fallback', 'mh-port'];
