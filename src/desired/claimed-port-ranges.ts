import type { ObjectKey } from '../cluster/objects.ts';
import { byPrecedence } from '../reconcile/claims.ts';
import type { Owner } from '../reconcile/place.ts';
import { portRangesOf, type FilterMember } from '../kernel/packet-filter/filter-member.ts';
import { sameMarkedRanges, type MarkedRange } from '../kernel/packet-filter/marked-range.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { commonPorts, withoutPorts, type PortRange } from '../net/port-range.ts';
import { protocols, type Protocol } from '../net/protocol.ts';
import type { MarkedAddress } from '../translate/desired.ts';

/** Ports that a Service claims and an older one holds. */
export interface PortRangeConflict {
  readonly loser: ObjectKey;
  readonly holder: ObjectKey;
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly ports: readonly PortRange[];
}

/** Who asks for ports beyond single ones at an address. */
interface Claim {
  readonly owner: Owner;
  readonly ranges: readonly MarkedRange[];
}

interface ClaimedAddress {
  readonly address: IpAddress;
  readonly claims: Map<ObjectKey, Claim>;
  conflicts: readonly PortRangeConflict[];
}

/** What is to be told of the ranges of an address. */
export interface PortRangeListener {
  /** The ports of an address that have virtual servers of their own. */
  ordinaryPorts(address: IpAddress, protocol: Protocol): readonly PortRange[];
  /** What the packet filter is to have; undefined for nothing. */
  desire(address: IpAddress, member: FilterMember | undefined): void;
}

/**
 * Which Service has which port ranges of an address. A port that has a virtual server of its own is in
 * none of them; of those that two Services claim, the older one has what both do.
 */
export class ClaimedPortRanges {
  readonly #listener: PortRangeListener;
  readonly #addresses = new Map<string, ClaimedAddress>();

  constructor(listener: PortRangeListener) {
    this.#listener = listener;
  }

  /** Replaces what a Service asks for. Returns the addresses where something has changed, as texts. */
  replace(
    owner: Owner,
    before: readonly MarkedAddress[],
    after: readonly MarkedAddress[],
  ): readonly string[] {
    const gone = before.filter(
      ({ address }) => !after.some((other) => other.address.equals(address)),
    );
    const changed = after.filter(({ address, ranges }) => {
      const known = this.#addresses.get(address.text)?.claims.get(owner.key);
      return (
        known === undefined ||
        known.owner.rank !== owner.rank ||
        !sameMarkedRanges(known.ranges, ranges)
      );
    });
    for (const { address } of gone) {
      this.#addresses.get(address.text)?.claims.delete(owner.key);
    }
    for (const { address, ranges } of changed) {
      const { key, rank = 0 } = owner;
      this.#at(address).claims.set(key, { owner: { key, rank }, ranges });
    }
    const addresses = [...gone, ...changed].map(({ address }) => address.text);
    addresses.forEach((text) => {
      this.#share(text);
    });
    return addresses;
  }

  /** Ports of these addresses may have got virtual servers of their own, or have them no longer. */
  ordinaryChanged(addresses: readonly IpAddress[]): void {
    // Hardly any cluster has port ranges, and a first sync comes here for every Service.
    if (this.#addresses.size > 0) {
      addresses.forEach(({ text }) => {
        this.#share(text);
      });
    }
  }

  /** What Services claim in vain at an address. */
  conflictsAt(address: string): readonly PortRangeConflict[] {
    return this.#addresses.get(address)?.conflicts ?? [];
  }

  #at(address: IpAddress): ClaimedAddress {
    const known = this.#addresses.get(address.text);
    const at = known ?? { address, claims: new Map<ObjectKey, Claim>(), conflicts: [] };
    this.#addresses.set(address.text, at);
    return at;
  }

  #share(text: string): void {
    const at = this.#addresses.get(text);
    if (at === undefined) {
      return;
    }
    const { address, claims } = at;
    const shares = protocols.map((protocol) => this.#sharesOf(address, protocol, claims));
    const ranges = shares.flatMap(({ held }) => held);
    at.conflicts = shares.flatMap(({ conflicts }) => conflicts);
    this.#listener.desire(address, ranges.length === 0 ? undefined : portRangesOf(address, ranges));
    if (claims.size === 0) {
      this.#addresses.delete(text);
    }
  }

  #sharesOf(address: IpAddress, protocol: Protocol, claims: ClaimedAddress['claims']): Shares {
    const all = [...claims.values()].toSorted(byPrecedence).map(({ owner, ranges }) => ({
      owner,
      ranges: ranges.filter((range) => range.protocol === protocol),
    }));
    if (all.every(({ ranges }) => ranges.length === 0)) {
      return { held: [], conflicts: [] };
    }
    const ordinary = this.#listener.ordinaryPorts(address, protocol);
    const held: (MarkedRange & { readonly holder: ObjectKey })[] = [];
    const conflicts: PortRangeConflict[] = [];
    for (const { owner, ranges } of all) {
      const holders = Map.groupBy(held, ({ holder }) => holder);
      for (const [holder, ports] of holders) {
        const common = commonPorts(ranges, ports);
        if (common.length > 0) {
          conflicts.push({ loser: owner.key, holder, address, protocol, ports: common });
        }
      }
      const taken = [...ordinary, ...held];
      for (const range of ranges) {
        held.push(
          ...withoutPorts([range], taken).map((ports) => ({
            ...range,
            ...ports,
            holder: owner.key,
          })),
        );
      }
    }
    return {
      held: held
        .toSorted((a, b) => a.first - b.first)
        .map(({ holder: _holder, ...range }): MarkedRange => range),
      conflicts,
    };
  }
}

interface Shares {
  readonly held: readonly MarkedRange[];
  readonly conflicts: readonly PortRangeConflict[];
}
