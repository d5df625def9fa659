import type { IpFamily } from '../../net/ip-address.ts';
import type { Failure } from '../../reconcile/any-kind-table.ts';
import type { RunProgram } from './iptables/iptables.ts';
import { removePacketFilter, type PacketFilterSettings } from './open-packet-filter.ts';
import { packetFilterKinds, type PacketFilter, type PacketFilterKind } from './packet-filter.ts';
import { isThere } from './what-is-there.ts';

/** What became of the packet filter that an earlier run has left. */
export type Retirement =
  /** There is none, or it went before. */
  | { readonly kind: 'none' }
  | { readonly kind: 'gone'; readonly filter: PacketFilterKind }
  | {
      readonly kind: 'left';
      readonly filter: PacketFilterKind;
      readonly failures: readonly Failure[];
    };

/** For the log. */
export function textOfGone({ filter }: Extract<Retirement, { readonly kind: 'gone' }>): string {
  return `removed the packet filter ${filter}, which an earlier run had left`;
}

/** The packet filter that the node had before this one: it goes when the new one has all its members. */
export class Predecessor {
  readonly #filter: PacketFilter;
  readonly #families: readonly IpFamily[];
  readonly #settings: PacketFilterSettings;
  readonly #run: RunProgram | undefined;
  #isDone = false;
  #isBusy = false;

  constructor(
    filter: PacketFilter,
    families: readonly IpFamily[],
    settings: PacketFilterSettings,
    run: RunProgram | undefined,
  ) {
    this.#filter = filter;
    this.#families = families;
    this.#settings = settings;
    this.#run = run;
  }

  /**
   * To be called after audits, with the names of the foundations that are not in place. Never rejects; the next
   * call tries again what is left.
   */
  async retire(failing: readonly string[]): Promise<Retirement> {
    const isWhole =
      !this.#filter.members.hasDirty() &&
      this.#filter.foundations.every(({ name }) => !failing.includes(name));
    if (this.#isDone || this.#isBusy || !isWhole) {
      return { kind: 'none' };
    }
    this.#isBusy = true;
    const retirement = await this.#retire();
    this.#isBusy = false;
    return retirement;
  }

  async #retire(): Promise<Retirement> {
    const other = packetFilterKinds.find((kind) => kind !== this.#filter.kind);
    if (other === undefined || !(await isThere(other, this.#families))) {
      this.#isDone = true;
      return { kind: 'none' };
    }
    const failures = await removePacketFilter(other, this.#families, this.#settings, this.#run);
    this.#isDone = failures.length === 0;
    return this.#isDone
      ? { kind: 'gone', filter: other }
      : { kind: 'left', filter: other, failures };
  }
}
