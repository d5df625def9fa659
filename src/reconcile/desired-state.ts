import type { ObjectKey } from '../cluster/objects.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { SetMember } from '../translate/set-member.ts';
import { memberKey } from '../masquerade/member-key.ts';
import { virtualServerKey, type Translation, type VirtualServer } from '../translate/desired.ts';
import { Claims } from './claims.ts';

/** Where desired rows go: the table of one kind. */
export interface DesiredTable<Row> {
  setDesired(key: string, row: Row | undefined): void;
}

/** What changed with a Service besides its own rows. */
export interface DesiredChange {
  /**
   * The keys of the virtual servers that it claims now or claimed before; none where its claims are
   * the same as before.
   */
  readonly virtualServers: readonly string[];
  /** The addresses that became a VIP by it, or may no longer be one. */
  readonly vips: readonly string[];
}

/** What a Service wants, as it was set last. */
interface Held {
  readonly createdAt: number;
  readonly translation: Translation;
  /** The keys of its virtual servers, each once. */
  readonly keys: readonly string[];
}

/**
 * Brings the rows of single Services together to the desired tables. A VIP may belong to
 * several ports and Services; a virtual server belongs to the oldest Service that claims it.
 */
export class DesiredState {
  readonly #held = new Map<ObjectKey, Held>();
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

  /** What a Service became when it was set last; undefined where that was nothing. */
  translationOf(service: ObjectKey): Translation | undefined {
    return this.#held.get(service)?.translation;
  }

  /** Replaces what a Service wants; nothing, where it is gone. `createdAt` in milliseconds. */
  setService(
    service: ObjectKey,
    createdAt: number,
    translation: Translation | undefined,
  ): DesiredChange {
    const held = this.#held.get(service);
    const change =
      held?.createdAt === createdAt && translation !== undefined && hasSameKeys(held, translation)
        ? this.#changeRows(service, held, translation)
        : this.#replaceAll(service, createdAt, held, translation);
    this.#setMembers(service, held?.translation.members, translation?.members);
    return change;
  }

  /** The ordinary change: other endpoints behind the same front ends. Nobody else's claim moves. */
  #changeRows(service: ObjectKey, held: Held, translation: Translation): DesiredChange {
    const { createdAt, keys } = held;
    this.#held.set(service, { createdAt, keys, translation });
    for (const [index, key] of keys.entries()) {
      const row = translation.virtualServers[index];
      if (row !== held.translation.virtualServers[index]) {
        this.#claimVirtualServer(key, service, createdAt, row);
      }
    }
    return noChange;
  }

  #replaceAll(
    service: ObjectKey,
    createdAt: number,
    held: Held | undefined,
    translation: Translation | undefined,
  ): DesiredChange {
    const { virtualServers = [], boundAddresses = [] } = translation ?? {};
    const gone = goneKeys(held?.translation.virtualServers, virtualServers, virtualServerKey);
    for (const key of gone) {
      this.#claimVirtualServer(key, service, createdAt, undefined);
    }
    const keys: string[] = [];
    for (const row of virtualServers) {
      const key = virtualServerKey(row);
      keys.push(key);
      // Of several rows with the same key the last one counts.
      this.#claimVirtualServer(key, service, createdAt, row);
    }
    if (translation === undefined || isEmpty(translation)) {
      this.#held.delete(service);
    } else {
      this.#held.set(service, { createdAt, keys: eachOnce(keys), translation });
    }
    const before = held?.translation.boundAddresses;
    return {
      virtualServers: gone.length === 0 ? keys : [...gone, ...keys],
      vips: this.#replaceAddresses(service, createdAt, before, boundAddresses),
    };
  }

  /** Without a row the claim is taken back. */
  #claimVirtualServer(
    key: string,
    service: ObjectKey,
    createdAt: number,
    row: VirtualServer | undefined,
  ): void {
    const before = this.#virtualServers.row(key);
    if (this.#virtualServers.claim(key, service, createdAt, row)) {
      const after = this.#virtualServers.row(key);
      this.#virtualServerTable.setDesired(key, after);
      // Members go with the virtual server that holds its address: a Service that claims one in
      // vain must not turn its traffic away.
      this.#setMembers(key, before?.members, after?.members);
    }
  }

  /** Answers with the addresses that became a VIP by it, or may no longer be one. */
  #replaceAddresses(
    service: ObjectKey,
    createdAt: number,
    before: readonly IpAddress[] | undefined,
    boundAddresses: readonly IpAddress[],
  ): readonly string[] {
    const vips: string[] = [];
    for (const text of goneKeys(before, boundAddresses, textOf)) {
      if (this.#boundAddresses.claim(text, service, createdAt, undefined)) {
        this.#boundAddressTable.setDesired(text, this.#boundAddresses.row(text));
        vips.push(text);
      }
    }
    for (const address of boundAddresses) {
      const { text } = address;
      const wasVip = this.isVip(text);
      if (this.#boundAddresses.claim(text, service, createdAt, address)) {
        this.#boundAddressTable.setDesired(text, this.#boundAddresses.row(text));
        if (!wasVip) {
          vips.push(text);
        }
      }
    }
    return vips;
  }

  /** An owner is a virtual server, or a Service: their keys are never the same. */
  #setMembers(
    owner: string,
    before: readonly SetMember[] = [],
    members: readonly SetMember[] = [],
  ): void {
    if (members === before) {
      return;
    }
    for (const key of goneKeys(before, members, memberKey)) {
      this.#claimMember(key, owner, undefined);
    }
    for (const member of members) {
      this.#claimMember(memberKey(member), owner, member);
    }
  }

  #claimMember(key: string, owner: string, member: SetMember | undefined): void {
    if (this.#members.claim(key, owner, 0, member)) {
      this.#memberTable.setDesired(key, this.#members.row(key));
    }
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

const noKeys: readonly string[] = [];

const noChange: DesiredChange = { virtualServers: [], vips: [] };

/** Whether the new translation has the same virtual servers and VIPs, whatever their real servers. */
function hasSameKeys({ keys, translation: before }: Held, translation: Translation): boolean {
  const rows = translation.virtualServers;
  return (
    translation.boundAddresses === before.boundAddresses &&
    rows.length === before.virtualServers.length &&
    // Otherwise two of them have the same key, and only the last one counts.
    rows.length === keys.length &&
    rows.every((row, index) => isSameFrontEnd(row, before.virtualServers[index]))
  );
}

function isSameFrontEnd(row: VirtualServer, before: VirtualServer | undefined): boolean {
  return (
    row === before ||
    (row.port === before?.port &&
      row.protocol === before.protocol &&
      row.address.equals(before.address))
  );
}

/** The keys of those before that are no longer there. */
function goneKeys<Row>(
  before: readonly Row[] = [],
  after: readonly Row[],
  keyOf: (row: Row) => string,
): readonly string[] {
  if (before.length === 0) {
    return noKeys; // as it is with all of a first sync
  }
  const kept = new Set(after.map(keyOf));
  return before.map(keyOf).filter((key) => !kept.has(key));
}

function eachOnce(keys: readonly string[]): readonly string[] {
  return keys.length === 1 ? keys : [...new Set(keys)];
}

function textOf({ text }: IpAddress): string {
  return text;
}

function isEmpty({ virtualServers, boundAddresses, members }: Translation): boolean {
  return virtualServers.length + boundAddresses.length + members.length === 0;
}
