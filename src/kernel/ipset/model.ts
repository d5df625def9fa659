import type { IpFamily } from '../../net/ip-address.ts';
import { formatEntry, type FilterEntry } from '../packet-filter/filter-entry.ts';

/** The types of sets that are used here, by the kernel's names; kube-proxy needs the same. */
export type SetType =
  'hash:ip' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port';

/** A set of one family; `bitmap:port` has none and takes IPv4's number. */
export interface IpSet {
  readonly name: string;
  readonly type: SetType;
  readonly family: IpFamily;
}

/** What the kernel says of a set without its entries. */
export interface SetHeader {
  /** The name of its type, which may be none of ours. */
  readonly type: string;
  /** Undefined for types without one, or where it is none of ours. */
  readonly family: IpFamily | undefined;
  /** How many rules and sets refer to it. */
  readonly references: number;
  /** How many entries a hash may have. */
  readonly maxElements: number | undefined;
  /** The first and last port of a bitmap. */
  readonly ports: readonly [first: number, last: number] | undefined;
  /** Entries vanish after some time. */
  readonly hasTimeout: boolean;
}

/** The kernel's default of 65,536 is too few for a large cluster; the memory is taken as needed. */
export const mostEntries = 1 << 20;

export const lastPort = 65_535;

/**
 * What of a set is not as it is needed: `type hash:net`; undefined where it is. The revision of a type
 * does not matter: each one takes our entries.
 */
export function unsuitedIn(header: SetHeader, { type, family }: IpSet): string | undefined {
  if (header.type !== type) {
    return `type ${header.type}`;
  }
  if (header.hasTimeout) {
    return 'entries with a timeout';
  }
  if (type === 'bitmap:port') {
    const [first, last] = header.ports ?? [0, 0];
    return first === 0 && last === lastPort ? undefined : `ports ${first} to ${last}`;
  }
  if (header.family !== family) {
    return `family ${header.family ?? 'unknown'}`;
  }
  const { maxElements = 0 } = header;
  return maxElements >= mostEntries ? undefined : `room for ${maxElements} entries`;
}

/** The kind of entry that a type of set takes. */
export const entryKindOf = {
  'hash:ip': 'address',
  'hash:ip,port': 'endpoint',
  'hash:ip,port,net': 'endpoint and source',
  'hash:ip,port,ip': 'endpoint to itself',
  'bitmap:port': 'port',
} as const satisfies Record<SetType, FilterEntry['kind']>;

/** One change to what a set holds. */
export interface SetOperation {
  readonly kind: 'add entry' | 'delete entry';
  readonly set: IpSet;
  readonly entry: FilterEntry;
}

/** The key of an entry among those of all sets. */
export function entryKey(set: IpSet, entry: FilterEntry): string {
  return `${set.name} ${formatEntry(entry)}`;
}
