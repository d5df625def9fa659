import { Inspector } from '../../src/inspect/inspector.ts';
import { readAll, type Shown } from '../../src/cli/show/shown-node.ts';
import type { ShownNode } from '../../src/cli/show/shown-node.ts';
import { everything, type ServiceFilter } from '../../src/inspect/service-query.ts';
import { FullBook } from '../../src/inspect/statistics/full-book.ts';
import type { Failing } from '../../src/reconcile/any-kind-table.ts';
import type { HeldVirtualServer } from '../../src/inspect/views/knowledge.ts';
import { formatVirtualServer, type VirtualServerId } from '../../src/kernel/ipvs/model.ts';
import type { PacketFilterChoice } from '../../src/kernel/packet-filter/choose-packet-filter.ts';
import { InspectWorld, nowMs } from './inspect-world.ts';

/** A world that is inspected as a node is: by `show`, and by the status page. */
export class ShownWorld extends InspectWorld {
  readonly failures: Failing[] = [];
  /** What the kernel holds and no Service wants, as it was listed last. */
  readonly strays: VirtualServerId[] = [];
  readonly full = new FullBook();
  isDaemon = false;
  packetFilter: PacketFilterChoice | null = null;
  /** How many virtual servers were read from the kernel, each time. */
  readonly reads: number[] = [];

  readonly inspector = new Inspector({
    version: '1.2.3',
    store: this.store,
    translator: this.translator,
    desired: this.tables.desired,
    kernel: {
      read: (ids) => {
        this.reads.push(ids.length);
        return Promise.resolve(this.kernel);
      },
      strays: () => this.strays,
      failures: () => this.failures,
      refusing: () => this.full.refusing,
      drainingCount: () => 0,
      packetFilter: { kind: 'nftables', why: 'the kernel has what it needs' },
      isDaemon: true,
    },
    nodeProblems: () => [],
    virtualServerCount: () => this.tables.virtualServers.rows.size,
    now: () => nowMs,
  });

  override hold(held: HeldVirtualServer): void {
    super.hold(held);
    if (this.tables.desired.serviceOf(formatVirtualServer(held.id)) === undefined) {
      this.strays.push(held.id);
    }
  }

  get node(): ShownNode {
    const { inspector } = this;
    return {
      services: (filter, request) => inspector.services(filter, request),
      strays: (filter, request) => inspector.strays(filter, request),
      problems: (filter, request) => Promise.resolve(inspector.problems(filter, request)),
      summary: () => {
        const { isDaemon, packetFilter } = this;
        return Promise.resolve({ ...inspector.summary(), isDaemon, packetFilter });
      },
      refresh: () => Promise.resolve(),
      close: () => undefined,
    };
  }

  shown(filter: Partial<ServiceFilter> = {}): Promise<Shown> {
    return readAll(this.node, { ...everything, ...filter });
  }
}
