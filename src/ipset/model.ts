import type { Protocol } from '../cluster/objects.ts';
import type { Cidr } from '../net/cidr.ts';
import { formatEndpoint, type IpAddress, type IpFamily } from '../net/ip-address.ts';

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

/** What a set holds; which kind must suit the set's type. */
export type SetEntry =
  /** hash:ip */
  | { readonly kind: 'address'; readonly address: IpAddress }
  /** hash:ip,port */
  | {
      readonly kind: 'endpoint';
      readonly address: IpAddress;
      readonly protocol: Protocol;
      readonly port: number;
    }
  /** hash:ip,port,net */
  | {
      readonly kind: 'endpoint and source';
      readonly address: IpAddress;
      readonly protocol: Protocol;
      readonly port: number;
      readonly source: Cidr;
    }
  /** hash:ip,port,ip with the same address as destination and source */
  | {
      readonly kind: 'endpoint to itself';
      readonly address: IpAddress;
      readonly protocol: Protocol;
      readonly port: number;
    }
  /** bitmap:port */
  | { readonly kind: 'port'; readonly port: number };

/** The kind of entry that a type of set takes. */
export const entryKindOf = {
  'hash:ip': 'address',
  'hash:ip,port': 'endpoint',
  'hash:ip,port,net': 'endpoint and source',
  'hash:ip,port,ip': 'endpoint to itself',
  'bitmap:port': 'port',
} as const satisfies Record<SetType, SetEntry['kind']>;

/** One change to what a set holds. */
export interface SetOperation {
  readonly kind: 'add entry' | 'delete entry';
  readonly set: IpSet;
  readonly entry: SetEntry;
}

/** As `ipset` prints it, but for the protocol's place: `TCP 10.96.0.1:80,10.0.0.0/8`. */
export function formatEntry(entry: SetEntry): string {
  switch (entry.kind) {
    case 'address':
      return entry.address.text;
    case 'endpoint':
      return `${entry.protocol} ${formatEndpoint(entry.address, entry.port)}`;
    case 'endpoint and source':
      return `${entry.protocol} ${formatEndpoint(entry.address, entry.port)},${entry.source.text}`;
    case 'endpoint to itself':
      return `${entry.protocol} ${formatEndpoint(entry.address, entry.port)},${entry.address.text}`;
    case 'port':
      return String(entry.port);
  }
}

/** Whether two entries are the same one of a set. */
export function sameEntry(a: SetEntry, b: SetEntry): boolean {
  switch (a.kind) {
    case 'port':
      return b.kind === 'port' && a.port === b.port;
    case 'address':
      return b.kind === 'address' && a.address.equals(b.address);
    case 'endpoint':
      return b.kind === 'endpoint' && sameEndpoint(a, b);
    case 'endpoint to itself':
      return b.kind === 'endpoint to itself' && sameEndpoint(a, b);
    case 'endpoint and source':
      return (
        b.kind === 'endpoint and source' && sameEndpoint(a, b) && a.source.text === b.source.text
      );
  }
}

type EntryOfEndpoint = Extract<SetEntry, { readonly protocol: Protocol }>;

function sameEndpoint(a: EntryOfEndpoint, b: EntryOfEndpoint): boolean {
  return a.port === b.port && a.protocol === b.protocol && a.address.equals(b.address);
}

/** The key of an entry among those of all sets. */
export function entryKey(set: IpSet, entry: SetEntry): string {
  return `${set.name} ${formatEntry(entry)}`;
}
