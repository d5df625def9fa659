import { asError } from '../../base/as-error.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import type { Failure } from '../../reconcile/any-kind-table.ts';
import type { RunProgram } from './iptables/iptables.ts';
import { removePacketFilter, type PacketFilterSettings } from './open-packet-filter.ts';
import type { PacketFilter, PacketFilterKind } from './packet-filter.ts';
import { isThere } from './what-is-there.ts';

/** What became of the packet filter that an earlier run has left. */
export type Retirement =
  /** There is none, or it went before. */
  | { readonly kind: 'none' }
  | { readonly kind: 'gone'; readonly filter: PacketFilterKind }
  /** As far as is known: the kernel may not have said. */
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
  readonly #isThere: typeof isThere;
  #isDone = false;
  #isBusy = false;

  constructor(
    filter: PacketFilter,
    families: readonly IpFamily[],
    settings: PacketFilterSettings,
    run: RunProgram | undefined,
    whetherThere = isThere,
  ) {
    this.#filter = filter;
    this.#families = families;
    this.#settings = settings;
    this.#run = run;
    this.#isThere = whetherThere;
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
    const other = this.#filter.kind === 'nftables' ? 'iptables' : 'nftables';
    try {
      return await this.#remove(other);
    } catch (error) {
      return { kind: 'left', filter: other, failures: [failureOf(other, asError(error))] };
    }
  }

  /** Rejects where the kernel does not say what there is. */
  async #remove(other: PacketFilterKind): Promise<Retirement> {
    const isLeft = await this.#isThere(other, this.#families);
    const failures = isLeft
      ? await removePacketFilter(other, this.#families, this.#settings, this.#run)
      : [];
    this.#isDone = failures.length === 0;
    if (!isLeft) {
      return { kind: 'none' };
    }
    return this.#isDone
      ? { kind: 'gone', filter: other }
      : { kind: 'left', filter: other, failures };
  }
}

/** It may be there, and judge packets by what was true once: that is to be told. */
function failureOf(filter: PacketFilterKind, cause: Error): Failure {
  const message = `what an earlier run may have left of it stays: ${cause.message}`;
  return {
    kind: 'foundation',
    key: `packet filter ${filter}`,
    error: new Error(message, { cause }),
  };
}
