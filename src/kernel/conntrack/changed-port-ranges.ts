import type { IpAddress } from '../../net/ip-address.ts';
import { holdsPort } from '../../net/port-range.ts';
import type { FilterEntry } from '../packet-filter/filter-entry.ts';
import type { MarkedRange } from '../packet-filter/marked-range.ts';
import type { MemberChange } from '../packet-filter/packet-filter.ts';
import type { Flow } from './messages.ts';

/** What has changed about the port ranges of an address. */
interface RangesChange {
  before: readonly MarkedRange[];
  after: readonly MarkedRange[];
}

export type PortRangesEntry = Extract<FilterEntry, { readonly kind: 'port ranges' }>;

/** Which flows to port ranges no longer go where they should: as `StaleFlows` has it for single ports. */
export class ChangedPortRanges {
  readonly #changes = new Map<string, RangesChange>();
  /** Addresses of real servers that have any port, of which some virtual server has lost one. */
  readonly #gone = new Set<string>();
  readonly #new = new Set<string>();

  noteMember(kind: MemberChange['kind'], { address, ranges }: PortRangesEntry): void {
    const change = this.#changes.get(address.text) ?? { before: [], after: [] };
    this.#changes.set(address.text, change);
    if (kind === 'added') {
      change.after = ranges;
    } else {
      change.before = change.before.length === 0 ? ranges : change.before;
      change.after = [];
    }
  }

  noteRealServer(kind: 'new' | 'gone', { text }: IpAddress): void {
    (kind === 'new' ? this.#new : this.#gone).add(text);
  }

  /** `isLateAnswer` tells whether nobody translates the flow, and nobody has answered it. */
  isStale(flow: Flow, isLateAnswer: boolean): boolean {
    const { protocol, source, destination, destinationPort, answersFrom, answersFromPort } = flow;
    if (protocol === 'UDP') {
      const isToGone = answersFromPort === destinationPort && this.#gone.has(answersFrom.text);
      if (
        (isToGone && !answersFrom.equals(destination)) ||
        (isLateAnswer && this.#new.has(source.text))
      ) {
        return true;
      }
    }
    const change = this.#changes.get(destination.text);
    return change !== undefined && this.#isElsewhereNow(flow, change);
  }

  #isElsewhereNow(flow: Flow, change: RangesChange): boolean {
    const [before, after] = [change.before, change.after].map((ranges) =>
      ranges.find(
        (range) => range.protocol === flow.protocol && holdsPort(range, flow.destinationPort),
      ),
    );
    const isSame = before?.mark === after?.mark && before?.role === after?.role;
    return !isSame && (flow.protocol === 'UDP' || !flow.answered || flow.answersFromPort === 0);
  }
}
