import { Inspector } from '../../src/inspect/inspector.ts';
import { readAll, type Shown } from '../../src/cli/show/shown-node.ts';
import type { ShownNode } from '../../src/cli/show/shown-node.ts';
import { everything, type ServiceFilter } from '../../src/inspect/service-query.ts';
import type { Failing } from '../../src/reconcile/any-kind-table.ts';
import { formatVirtualServer } from '../../src/kernel/ipvs/model.ts';
import { InspectWorld, nowMs } from './inspect-world.ts';

/** A world that is inspected as a node is: by `show`, and by the status page. */
export class ShownWorld extends InspectWorld {
  readonly failures: Failing[] = [];
  isDaemon = false;
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
      strays: () =>
        [...this.held.values()]
          .map(({ id }) => id)
          .filter((id) => this.tables.desired.serviceOf(formatVirtualServer(id)) === undefined),
      failures: () => this.failures,
      drainingCount: () => 0,
      isDaemon: true,
    },
    nodeProblems: () => [],
    virtualServerCount: () => this.tables.virtualServers.rows.size,
    now: () => nowMs,
  });

  get node(): ShownNode {
    const { inspector } = this;
    return {
      services: (filter, request) => inspector.services(filter, request),
      strays: (filter, request) => inspector.strays(filter, request),
      problems: (filter, request) => Promise.resolve(inspector.problems(filter, request)),
      summary: () => Promise.resolve({ ...inspector.summary(), isDaemon: this.isDaemon }),
      refresh: () => Promise.resolve(),
      close: () => undefined,
    };
  }

  shown(filter: Partial<ServiceFilter> = {}): Promise<Shown> {
    return readAll(this.node, { ...everything, ...filter });
  }
}
