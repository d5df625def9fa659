import type { ObjectKey } from '../cluster/objects.ts';
import { formatVirtualServer, sameVirtualServerId } from '../kernel/ipvs/model.ts';
import type { IpAddress } from '../net/ip-address.ts';
import {
  portRangesOf,
  sameMembers,
  sayTheSame,
  type FilterMember,
} from '../kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../kernel/packet-filter/marked-range.ts';
import { singlePort, type PortRange } from '../net/port-range.ts';
import type { Protocol } from '../net/protocol.ts';
import { noTranslation, type DesiredFrontEnd, type Translation } from '../translate/desired.ts';
import type { MemberPlaces } from '../kernel/packet-filter/packet-filter.ts';
import { Claims } from '../reconcile/claims.ts';
import { ClaimedPortRanges, type PortRangeConflict } from './claimed-port-ranges.ts';
import type { Owner, Place, Places } from '../reconcile/place.ts';

/** What changed with a Service besides its own rows. */
export interface DesiredChange {
  /**
   * Where the virtual servers stand that it claims now or claimed before; none where its claims are
   * the same as before.
   */
  readonly virtualServers: readonly Place<DesiredFrontEnd>[];
  /** The addresses that became a VIP by it, or may no longer be one. */
  readonly vips: readonly string[];
  /** The addresses whose port ranges it claims otherwise than before. */
  readonly portRangesAt: readonly string[];
}

/**
 * A Service as the owner of its claims, with what it wants, as it was set last. Whoever sets that keeps
 * it, one for each Service as long as that wants anything.
 */
export class ServiceClaims implements Owner {
  readonly key: ObjectKey;
  /** When the Service was made, in milliseconds. */
  rank = 0;
  translation: Translation = noTranslation;
  /** Where its virtual servers stand in the table, in their order. */
  places: readonly Place<DesiredFrontEnd>[] = noPlaces;
  /** Whether two of its virtual servers have the same key: the last one counts. */
  repeatsKeys = false;

  constructor(key: ObjectKey) {
    this.key = key;
  }
}

/**
 * Brings the rows of single Services together to the desired tables. A VIP may belong to
 * several ports and Services; a virtual server belongs to the oldest Service that claims it.
 */
export class DesiredState {
  readonly #virtualServerTable: Places<DesiredFrontEnd>;
  readonly #virtualServers: Claims<DesiredFrontEnd>;
  readonly #boundAddressTable: Places<IpAddress>;
  readonly #boundAddresses: Claims<IpAddress>;
  readonly #memberTable: MemberPlaces | undefined;
  readonly #members: Claims<FilterMember> | undefined;
  readonly #keyOf: (member: FilterMember) => string;
  readonly #portRanges: ClaimedPortRanges;

  /** Without a table for set members nobody's are looked at. */
  constructor(
    virtualServerTable: Places<DesiredFrontEnd>,
    boundAddressTable: Places<IpAddress>,
    memberTable?: MemberPlaces,
  ) {
    this.#virtualServerTable = virtualServerTable;
    this.#virtualServers = new Claims(virtualServerTable);
    this.#boundAddressTable = boundAddressTable;
    this.#boundAddresses = new Claims(boundAddressTable, (a, b) => a.equals(b));
    this.#memberTable = memberTable;
    this.#keyOf = (member) => memberTable?.keyOf(member) ?? '';
    this.#members = memberTable === undefined ? undefined : new Claims(memberTable, sayTheSame);
    this.#portRanges = new ClaimedPortRanges({
      ordinaryPorts: (address, protocol) => this.#ordinaryPorts(address, protocol),
      desire: (address, member) => {
        const key = this.#keyOf(portRangesOf(address, []));
        this.#members?.claim(key, { key: `port ranges of ${address.text}` }, member);
      },
    });
  }

  /** Replaces what a Service wants; nothing, where it is gone. `createdAt` in milliseconds. */
  replace(
    claims: ServiceClaims,
    createdAt: number,
    translation: Translation | undefined = noTranslation,
  ): DesiredChange {
    if (claims.rank === createdAt && hasSameKeys(claims, translation)) {
      const portRangesAt = this.#replacePortRanges(claims, translation);
      this.#changeRows(claims, translation);
      return portRangesAt.length === 0 ? noChange : { ...noChange, portRangesAt };
    }
    return this.#replaceAll(claims, createdAt, translation);
  }

  /** The ordinary change: other endpoints behind the same front ends. Nobody else's claim moves. */
  #changeRows(claims: ServiceClaims, translation: Translation): void {
    const before = claims.translation;
    const { virtualServers } = translation;
    claims.translation = translation;
    for (const [index, place] of claims.places.entries()) {
      this.#claimAt(place, claims, virtualServers[index]);
    }
    this.#setMembers(claims, before.members, translation.members);
  }

  #replaceAll(claims: ServiceClaims, createdAt: number, translation: Translation): DesiredChange {
    const { translation: before, places: placesBefore } = claims;
    const { virtualServers } = translation;
    const places = virtualServers.map(this.#placeOf);
    const gone = without(placesBefore, places);
    claims.rank = createdAt;
    const portRangesAt = this.#replacePortRanges(claims, translation);
    claims.translation = translation;
    claims.places = places;
    claims.repeatsKeys = places.length > 1 && new Set(places).size < places.length;
    for (const place of gone) {
      this.#claimAt(place, claims, undefined);
    }
    for (const [index, place] of places.entries()) {
      this.#claimAt(place, claims, virtualServers[index]);
    }
    const vips = this.#replaceAddresses(claims, before.boundAddresses, translation.boundAddresses);
    this.#setMembers(claims, before.members, translation.members);
    this.#portRanges.ordinaryChanged(before.boundAddresses);
    this.#portRanges.ordinaryChanged(translation.boundAddresses);
    const virtualServersAt = gone.length === 0 ? places : [...gone, ...places];
    return { virtualServers: virtualServersAt, vips, portRangesAt };
  }

  #replacePortRanges(claims: ServiceClaims, { portRanges }: Translation): readonly string[] {
    const before = claims.translation.portRanges;
    return before === portRanges
      ? noTexts
      : this.#portRanges.replace(claims, before?.addresses ?? [], portRanges?.addresses ?? []);
  }

  /** Of all Services that have the address bound. */
  #ordinaryPorts(address: IpAddress, protocol: Protocol): readonly PortRange[] {
    return this.#boundAddresses
      .claimants(address.text)
      .flatMap((owner) => (owner instanceof ServiceClaims ? owner.translation.virtualServers : []))
      .flatMap(({ virtualServer: { id } }) =>
        id.kind === 'address' && id.protocol === protocol && id.address.equals(address)
          ? [singlePort(id.port)]
          : [],
      );
  }

  /** A function, for `map`. */
  readonly #placeOf = (row: DesiredFrontEnd): Place<DesiredFrontEnd> =>
    this.#virtualServerTable.at(formatVirtualServer(row.virtualServer.id));

  /** Without a row the claim is taken back. */
  #claimAt(place: Place<DesiredFrontEnd>, owner: Owner, row: DesiredFrontEnd | undefined): void {
    const before = place.desired;
    if (this.#virtualServers.claimAt(place, owner, row)) {
      // Members go with the virtual server that holds its address: a Service that claims one in
      // vain must not turn its traffic away.
      this.#setMembers(place, before?.members, place.desired?.members);
    }
  }

  /** Returns the addresses that became a VIP by it, or may no longer be one. */
  #replaceAddresses(
    owner: Owner,
    before: readonly IpAddress[],
    addresses: readonly IpAddress[],
  ): readonly string[] {
    const gone = goneKeys(before, addresses, textOf).filter((text) =>
      this.#boundAddresses.claim(text, owner, undefined),
    );
    const bound = addresses.filter((address) => this.#claimAddress(owner, address)).map(textOf);
    return [...gone, ...bound];
  }

  /** Returns whether nobody had it bound before. */
  #claimAddress(owner: Owner, address: IpAddress): boolean {
    const place = this.#boundAddressTable.at(address.text);
    const wasVip = place.claimants !== undefined;
    return this.#boundAddresses.claimAt(place, owner, address) && !wasVip;
  }

  /** An owner is a virtual server, or a Service: their keys are never the same. */
  #setMembers(
    owner: Owner,
    before: readonly FilterMember[] = noMembers,
    members: readonly FilterMember[] = noMembers,
  ): void {
    const table = this.#members;
    if (table === undefined || sameMembers(members, before)) {
      return;
    }
    for (const key of goneKeys(before, members, this.#keyOf)) {
      table.claim(key, owner, undefined);
    }
    for (const member of members) {
      table.claim(this.#keyOf(member), owner, member);
    }
  }

  /** What is desired of a virtual server, by the Service that holds it. */
  virtualServer(key: string): DesiredFrontEnd | undefined {
    return this.#virtualServers.row(key);
  }

  /** Whether the packet filter is to have a member; false for all where there is no table of them. */
  isMember(member: FilterMember): boolean {
    return this.#memberTable?.find(this.#keyOf(member))?.desired?.role === member.role;
  }

  /** The Service that holds a virtual server. */
  serviceOf(key: string): ObjectKey | undefined {
    return this.#virtualServers.holder(key);
  }

  /** The Services that claim a virtual server that another one holds. */
  losersOf(key: string): readonly ObjectKey[] {
    return this.#virtualServers.losers(key);
  }

  /** The Service that holds a VIP. */
  serviceAt(vip: string): ObjectKey | undefined {
    return this.#boundAddresses.holder(vip);
  }

  /** What Services claim in vain of the port ranges of an address. */
  portRangeConflictsAt(address: string): readonly PortRangeConflict[] {
    return this.#portRanges.conflictsAt(address);
  }

  /** The ports of an address, beyond single ones, that lead to virtual servers for marks. */
  portRangesAt(address: IpAddress): readonly MarkedRange[] {
    const entry = this.#memberTable?.find(this.#keyOf(portRangesOf(address, [])))?.desired?.entry;
    return entry?.kind === 'port ranges' ? entry.ranges : [];
  }

  /** True for an address that some Service wants bound. */
  isVip(text: string): boolean {
    return this.#boundAddressTable.find(text)?.claimants !== undefined;
  }
}

const noMembers: readonly FilterMember[] = [];

const noPlaces: readonly Place<DesiredFrontEnd>[] = [];

/** Those of the items that are not among the others. */
function without<Item>(items: readonly Item[], others: readonly Item[]): readonly Item[] {
  if (items.length === 0) {
    return items;
  }
  const kept = new Set(others);
  return items.filter((item) => !kept.has(item));
}

const noTexts: readonly string[] = [];

export const noChange: DesiredChange = { virtualServers: [], vips: [], portRangesAt: [] };

/** Whether the new translation has the same virtual servers and VIPs, whatever their real servers. */
function hasSameKeys(
  { translation: before, repeatsKeys }: ServiceClaims,
  { virtualServers, boundAddresses }: Translation,
): boolean {
  return (
    !repeatsKeys &&
    virtualServers.length === before.virtualServers.length &&
    virtualServers.every((row, index) => isSameFrontEnd(row, before.virtualServers[index])) &&
    boundAddresses.length === before.boundAddresses.length &&
    boundAddresses.every((address, index) => before.boundAddresses[index]?.equals(address) === true)
  );
}

function isSameFrontEnd(row: DesiredFrontEnd, before: DesiredFrontEnd | undefined): boolean {
  return before !== undefined && sameVirtualServerId(row.virtualServer.id, before.virtualServer.id);
}

/** The keys of those before that are no longer there. */
function goneKeys<Row>(
  before: readonly Row[],
  after: readonly Row[],
  keyOf: (row: Row) => string,
): readonly string[] {
  // In a first sync nothing was there before: the keys of all the others need not be made.
  return before.length === 0 ? [] : without(before.map(keyOf), after.map(keyOf));
}

function textOf({ text }: IpAddress): string {
  return text;
}
