import type { Cidr } from '../../net/cidr.ts';
import { formatEndpoint, type IpAddress } from '../../net/ip-address.ts';
import type { Protocol } from '../../net/protocol.ts';
import { sameMarkedRanges, type MarkedRange } from './marked-range.ts';

/** What a packet filter looks packets up by; each kind suits one type of set (in brackets, ipset's). */
export type FilterEntry =
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
  /** hash:net,net with the same address as destination and source */
  | { readonly kind: 'address to itself'; readonly address: IpAddress }
  /** All port ranges of an address: entries of several sets. */
  | {
      readonly kind: 'port ranges';
      readonly address: IpAddress;
      readonly ranges: readonly MarkedRange[];
    }
  /** bitmap:port */
  | { readonly kind: 'port'; readonly port: number };

/** As `ipset` prints it, but for the protocol's place: `TCP 10.96.0.1:80,10.0.0.0/8`. */
export function formatEntry(entry: FilterEntry): string {
  switch (entry.kind) {
    case 'address':
    case 'port ranges':
      // The key of all ranges of an address: they come and go together.
      return entry.address.text;
    case 'address to itself':
      return `${entry.address.text},${entry.address.text}`;
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
export function sameEntry(a: FilterEntry, b: FilterEntry): boolean {
  if (a.kind === 'port') {
    return b.kind === 'port' && a.port === b.port;
  }
  return (
    b.kind !== 'port' && a.kind === b.kind && a.address.equals(b.address) && sameAtAddress(a, b)
  );
}

/** What two entries of one kind say besides the address. */
function sameAtAddress(a: EntryAtAddress, b: EntryAtAddress): boolean {
  if (a.kind === 'port ranges') {
    return b.kind === a.kind && sameMarkedRanges(a.ranges, b.ranges);
  }
  if (a.kind === 'address' || a.kind === 'address to itself') {
    return true;
  }
  const isSamePort = 'protocol' in b && a.port === b.port && a.protocol === b.protocol;
  return isSamePort && (a.kind !== 'endpoint and source' || sameSource(a, b));
}

function sameSource(a: EntryWithSource, b: EntryAtAddress): boolean {
  return b.kind === 'endpoint and source' && a.source.text === b.source.text;
}

type EntryAtAddress = Exclude<FilterEntry, { readonly kind: 'port' }>;
type EntryWithSource = Extract<FilterEntry, { readonly kind: 'endpoint and source' }>;
