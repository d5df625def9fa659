import type { Cidr } from '../../net/cidr.ts';
import { formatEndpoint, type IpAddress } from '../../net/ip-address.ts';
import type { Protocol } from '../../net/protocol.ts';

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
  /** bitmap:port */
  | { readonly kind: 'port'; readonly port: number };

/** As `ipset` prints it, but for the protocol's place: `TCP 10.96.0.1:80,10.0.0.0/8`. */
export function formatEntry(entry: FilterEntry): string {
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
export function sameEntry(a: FilterEntry, b: FilterEntry): boolean {
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

type EntryOfEndpoint = Extract<FilterEntry, { readonly protocol: Protocol }>;

function sameEndpoint(a: EntryOfEndpoint, b: EntryOfEndpoint): boolean {
  return a.port === b.port && a.protocol === b.protocol && a.address.equals(b.address);
}
