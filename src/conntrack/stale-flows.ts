import type { SetOperation } from '../ipset/model.ts';
import type { Operation } from '../ipvs/model.ts';
import { setOf } from '../masquerade/sets.ts';
import { formatEndpoint, type IpFamily } from '../net/ip-address.ts';
import type { UdpFlow } from './messages.ts';

/**
 * Which UDP flows no longer go where they should. A client that goes on sending keeps its flow
 * alive, and with it the way that was chosen once: to a real server that is gone, or past IPVS,
 * where there was none when the flow began.
 */
export class StaleFlows {
  /** By virtual server: the real servers that are gone, or all flows. */
  readonly #byVirtualServer = new Map<string, Set<string> | 'all'>();
  readonly #families = new Set<IpFamily>();

  get isEmpty(): boolean {
    return this.#byVirtualServer.size === 0;
  }

  /** The families that flows must be looked for in. */
  get families(): readonly IpFamily[] {
    return [...this.#families];
  }

  /** Takes note of an operation that succeeded. */
  note(operation: Operation): void {
    const { id } = operation;
    if (id.kind !== 'address' || id.protocol !== 'UDP') {
      return;
    }
    const place = formatEndpoint(id.address, id.port);
    switch (operation.kind) {
      case 'delete real server': {
        const gone = this.#byVirtualServer.get(place) ?? new Set();
        if (gone !== 'all') {
          const { address, port } = operation.realServer;
          gone.add(formatEndpoint(address, port));
          this.#byVirtualServer.set(place, gone);
        }
        break;
      }
      case 'add virtual server':
      case 'delete virtual server':
        this.#byVirtualServer.set(place, 'all');
        break;
      case 'add real server':
        // Flows that began before there was any real server; those with one have it as their end.
        this.#noteFirst(place);
        break;
      case 'change virtual server':
      case 'change real server':
        return;
    }
    this.#families.add(id.address.family);
  }

  /** What is no longer refused: flows that were (see KIPVS-CLOSED) would stay so. */
  noteSetOperation({ kind, set, entry }: SetOperation): void {
    const isRefusal =
      kind === 'delete entry' &&
      entry.kind === 'endpoint' &&
      entry.protocol === 'UDP' &&
      set.name === setOf('refused', entry.address.family).name;
    if (isRefusal) {
      this.#noteFirst(formatEndpoint(entry.address, entry.port));
      this.#families.add(entry.address.family);
    }
  }

  isStale(flow: UdpFlow): boolean {
    const place = formatEndpoint(flow.destination, flow.destinationPort);
    const gone = this.#byVirtualServer.get(place);
    if (gone === undefined) {
      return false;
    }
    const answers = formatEndpoint(flow.answersFrom, flow.answersFromPort);
    const wasRefused = flow.answersFromPort === 0;
    return gone === 'all' || gone.has(answers) || answers === place || wasRefused;
  }

  #noteFirst(place: string): void {
    if (!this.#byVirtualServer.has(place)) {
      this.#byVirtualServer.set(place, new Set());
    }
  }
}
