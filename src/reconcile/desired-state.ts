import type { ObjectKey } from '../cluster/objects.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { SetMember } from '../translate/set-member.ts';
import { memberKey } from '../masquerade/member-key.ts';
import { virtualServerKey, type Translation, type VirtualServer } from '../translate/desired.ts';
import { Claims, type ClaimedKeys } from './claims.ts';

/** Where desired rows go: the table of one kind. */
export interface DesiredTable<Row> {
  setDesired(key: string, row: Row | undefined): void;
}

/** What changed with a Service besides its own rows. */
export interface DesiredChange {
  /** The keys of the virtual servers that it claims now or claimed before. */
  readonly virtualServers: readonly string[];
  /** The addresses that became a VIP by it, or may no longer be one. */
  readonly vips: readonly string[];
}

/**
 * Brings the rows of single Services together to the desired tables. A VIP may belong to
 * several ports and Services; a virtual server belongs to the oldest Service that claims it.
 */
export class DesiredState {
  readonly #virtualServers = new Claims<VirtualServer>();
  readonly #boundAddresses = new Claims<IpAddress>((a, b) => a.equals(b));
  readonly #virtualServerTable: DesiredTable<VirtualServer>;
  readonly #boundAddressTable: DesiredTable<IpAddress>;
  /** The key of a member says all of it. */
  readonly #members = new Claims<SetMember>(() => true);
  readonly #memberTable: DesiredTable<SetMember>;

  constructor(
    virtualServerTable: DesiredTable<VirtualServer>,
    boundAddressTable: DesiredTable<IpAddress>,
    memberTable?: DesiredTable<SetMember>,
  ) {
    this.#virtualServerTable = virtualServerTable;
    this.#boundAddressTable = boundAddressTable;
    this.#memberTable = memberTable ?? { setDesired: () => undefined };
  }

  /** Replaces what a Service wants; nothing, where it is gone. `createdAt` in milliseconds. */
  setService(
    service: ObjectKey,
    createdAt: number,
    translation: Translation | undefined,
  ): DesiredChange {
    const { virtualServers = [], boundAddresses = [] } = translation ?? {};
    const { touched, changed: changedServers } = update(
      this.#virtualServers,
      this.#virtualServerTable,
      service,
      createdAt,
      new Map(virtualServers.map((row) => [virtualServerKey(row), row])),
    );
    // Members go with the virtual server that holds its address: a Service that claims one in
    // vain must not turn its traffic away.
    for (const key of changedServers) {
      this.#setMembers(key, this.#virtualServers.row(key)?.members ?? []);
    }
    this.#setMembers(`Service ${service}`, translation?.members ?? []);
    const vips = new Map(boundAddresses.map((address) => [address.text, address]));
    const wereVips = new Set<string>();
    for (const text of vips.keys()) {
      if (this.isVip(text)) {
        wereVips.add(text);
      }
    }
    const { changed } = update(
      this.#boundAddresses,
      this.#boundAddressTable,
      service,
      createdAt,
      vips,
    );
    return {
      virtualServers: touched,
      vips: changed.filter((text) => this.isVip(text) !== wereVips.has(text) || !vips.has(text)),
    };
  }

  #setMembers(owner: string, members: readonly SetMember[]): void {
    const rows = new Map(members.map((member) => [memberKey(member), member]));
    update(this.#members, this.#memberTable, owner, 0, rows);
  }

  /** The Service that holds a virtual server. */
  serviceOf(key: string): ObjectKey | undefined {
    return this.#virtualServers.holder(key);
  }

  /** The Services that claim a virtual server that another one holds. */
  losersOf(key: string): readonly ObjectKey[] {
    return this.#virtualServers.losers(key);
  }

  /** True for an address that some Service wants bound. */
  isVip(text: string): boolean {
    return this.#boundAddresses.holder(text) !== undefined;
  }
}

function update<Row>(
  claims: Claims<Row>,
  table: DesiredTable<Row>,
  owner: string,
  rank: number,
  rows: ReadonlyMap<string, Row>,
): ClaimedKeys {
  const keys = claims.replace(owner, rank, rows);
  for (const key of keys.changed) {
    table.setDesired(key, claims.row(key));
  }
  return keys;
}
