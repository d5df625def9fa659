import type { ObjectKey } from '../cluster/objects.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { virtualServerKey, type Translation, type VirtualServer } from '../translate/desired.ts';
import { Claims } from './claims.ts';

/** Where desired rows go: the table of one kind. */
export interface DesiredTable<Row> {
  setDesired(key: string, row: Row | undefined): void;
}

/**
 * Brings the rows of single Services together to the desired tables. A VIP may belong to
 * several ports and Services; a virtual server belongs to the oldest Service that claims it.
 */
export class DesiredState {
  readonly #virtualServers = new Claims<VirtualServer>();
  readonly #boundAddresses = new Claims<IpAddress>();
  readonly #virtualServerTable: DesiredTable<VirtualServer>;
  readonly #boundAddressTable: DesiredTable<IpAddress>;

  constructor(
    virtualServerTable: DesiredTable<VirtualServer>,
    boundAddressTable: DesiredTable<IpAddress>,
  ) {
    this.#virtualServerTable = virtualServerTable;
    this.#boundAddressTable = boundAddressTable;
  }

  /** Replaces what a Service wants; nothing, where it is gone. `createdAt` in milliseconds. */
  setService(service: ObjectKey, createdAt: number, translation: Translation | undefined): void {
    const { virtualServers = [], boundAddresses = [] } = translation ?? {};
    update(
      this.#virtualServers,
      this.#virtualServerTable,
      service,
      createdAt,
      new Map(virtualServers.map((row) => [virtualServerKey(row), row])),
    );
    update(
      this.#boundAddresses,
      this.#boundAddressTable,
      service,
      createdAt,
      new Map(boundAddresses.map((address) => [address.text, address])),
    );
  }

  /** The Service that holds a virtual server. */
  serviceOf(key: string): ObjectKey | undefined {
    return this.#virtualServers.holder(key);
  }
}

function update<Row>(
  claims: Claims<Row>,
  table: DesiredTable<Row>,
  owner: string,
  rank: number,
  rows: ReadonlyMap<string, Row>,
): void {
  for (const key of claims.replace(owner, rank, rows)) {
    table.setDesired(key, claims.row(key));
  }
}
