import type { AnyKindTable, Failure } from '../../reconcile/any-kind-table.ts';
import type { Foundation } from '../../reconcile/foundation.ts';
import type { Places } from '../../reconcile/place.ts';
import type { IpAddress } from '../../net/ip-address.ts';
import type { PortRange } from '../../net/port-range.ts';
import type { MarkedRange } from './marked-range.ts';
import type { FilterMember, FilterRole } from './filter-member.ts';
import type { LocalDetector } from './local-detector.ts';

export const packetFilterKinds = ['nftables', 'iptables'] as const;

/** What it is made of: a table of its own in nf_tables, or chains of iptables with sets of ipset. */
export type PacketFilterKind = (typeof packetFilterKinds)[number];

/** Where members are desired. */
export interface MemberPlaces extends Places<FilterMember> {
  /** The key of a member. */
  keyOf(member: FilterMember): string;
}

/** The table of the loop that holds what a packet filter knows of Services. */
export interface FilterTable extends AnyKindTable, MemberPlaces {}

export interface RuleWatchListener {
  /** Rules of ours are gone. */
  gone(): void;
  /** The notifications cannot be had; reported once. The rules are looked at all the same. */
  failed(error: Error): void;
}

/** Ends the watch. */
export interface RuleWatch {
  stop(): void;
}

/** A change of a member that the kernel took. */
export interface MemberChange {
  readonly kind: 'added' | 'deleted';
  readonly member: FilterMember;
}

/** What a packet filter reports. */
export interface PacketFilterListener {
  /** Something worth a line, once. */
  note(message: string): void;
  changed(change: MemberChange): void;
}

export interface AddressWithPortRanges {
  readonly address: IpAddress;
  readonly ranges: readonly (Pick<MarkedRange, 'protocol' | 'mark'> & PortRange)[];
}

/**
 * What masquerades, refuses and drops packets of Services. It is told of roles of addresses and ports,
 * and of nothing else; which chains and sets it makes of them is its own matter.
 */
export interface PacketFilter {
  readonly kind: PacketFilterKind;
  /** What must be in place before members make sense, in this order. */
  readonly foundations: readonly Foundation[];
  readonly members: FilterTable;
  /** Sees soon that others have removed rules. */
  watch(listener: RuleWatchListener): RuleWatch;
  /** How packets of Pods are known from now on; returns whether that is news. */
  setLocalDetector(local: LocalDetector): boolean;
  /**
   * The addresses of a role that the kernel holds, as texts, before anything was put in place;
   * undefined where it holds none of such members at all.
   */
  addressesOf(role: FilterRole): Promise<ReadonlySet<string> | undefined>;
  /** The port ranges that the kernel holds, before anything was put in place. Rejects with NetlinkError. */
  portRanges(): Promise<readonly AddressWithPortRanges[]>;
  /** Takes all members at these addresses out of the kernel. Rejects with the first error. */
  forget(addresses: ReadonlySet<string>): Promise<void>;
  /** Takes everything of ours out of the kernel, as far as it goes. Returns what did not go. */
  remove(): Promise<readonly Failure[]>;
  close(): void;
}
