import type { IpFamily } from '../../net/ip-address.ts';
import { formatMark } from '../../net/mark-mask.ts';
import { formatSetEntry, type SetEntry } from './set-entry.ts';

/** The types of sets that are used here, by the kernel's names; kube-proxy needs all but the last two. */
export type SetType =
  | 'hash:ip'
  | 'hash:ip,port'
  | 'hash:ip,port,ip'
  | 'hash:ip,port,net'
  | 'bitmap:port'
  | 'hash:ip,mark'
  | 'hash:net,net';

/** A set of one family; `bitmap:port` has none and takes IPv4's number. */
export interface IpSet {
  readonly name: string;
  readonly type: SetType;
  readonly family: IpFamily;
  /** Its entries are ports that give packets a mark (hash:ip,port with skbinfo). */
  readonly givesMarks?: true;
  /** The bits of a packet's mark that count (hash:ip,mark); all of them where it is missing. */
  readonly markMask?: number;
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
  /** Entries may have a mark for packets. */
  readonly givesMarks: boolean;
  /** The bits of a packet's mark that count; undefined for types that look at none. */
  readonly markMask: number | undefined;
}

/** The kernel's default of 65,536 is too few for a large cluster; the memory is taken as needed. */
const usualRoom = 1 << 20;

/** A port is an entry there: all ports of TCP and UDP at one address are 131,070. */
const roomForPorts = 1 << 22;

export function roomOf({ givesMarks }: IpSet): number {
  return givesMarks === true ? roomForPorts : usualRoom;
}

/** All bits: what a set of marks that was made without a mask looks at. */
const wholeMark = 0xffff_ffff;

export const lastPort = 65_535;

/**
 * What of a set is not as it is needed: `type hash:net`; undefined where it is. The revision of a type
 * does not matter: each one takes our entries.
 */
export function unsuitedIn(header: SetHeader, set: IpSet): string | undefined {
  const { type, family } = set;
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
  return unsuitedMarksIn(header, set) ?? unsuitedRoomIn(header, set);
}

function unsuitedMarksIn(header: SetHeader, set: IpSet): string | undefined {
  if (set.givesMarks === true && !header.givesMarks) {
    return 'entries without marks for packets';
  }
  const { markMask = 0 } = header;
  return set.type === 'hash:ip,mark' && markMask !== (set.markMask ?? wholeMark)
    ? `the mask ${formatMark(markMask)} for marks`
    : undefined;
}

function unsuitedRoomIn({ maxElements = 0 }: SetHeader, set: IpSet): string | undefined {
  return maxElements >= roomOf(set) ? undefined : `room for ${maxElements} entries`;
}

/** The kind of entry that a type of set takes. */
export const entryKindOf = {
  'hash:ip': 'address',
  'hash:ip,port': 'endpoint',
  'hash:ip,port,net': 'endpoint and source',
  'hash:ip,port,ip': 'endpoint to itself',
  'bitmap:port': 'port',
  'hash:ip,mark': 'address and mark',
  'hash:net,net': 'address and source',
} as const satisfies Record<SetType, SetEntry['kind']>;

/** One change to what a set holds. */
export interface SetOperation {
  readonly kind: 'add entry' | 'delete entry';
  readonly set: IpSet;
  readonly entry: SetEntry;
}

/** The key of an entry among those of all sets. */
export function entryKey(set: IpSet, entry: SetEntry): string {
  return `${set.name} ${formatSetEntry(entry)}`;
}
