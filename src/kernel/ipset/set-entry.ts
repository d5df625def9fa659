import type { Cidr } from '../../net/cidr.ts';
import { formatHost, type IpAddress } from '../../net/ip-address.ts';
import { formatMark } from '../../net/mark-mask.ts';
import { formatPortRange, type PortRange } from '../../net/port-range.ts';
import type { Protocol } from '../../net/protocol.ts';
import { formatEntry, type FilterEntry } from '../packet-filter/filter-entry.ts';

/** Ports whose packets get a mark (hash:ip,port with skbinfo). In the kernel each port is an entry. */
export interface MarkedPorts extends PortRange {
  readonly kind: 'marked ports';
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly mark: number;
  /** The bits of a packet's mark that get those of `mark`; the others stay. */
  readonly mask: number;
}

/** An entry of a set: what packet filters look packets up by, and what ranges of ports are made of. */
export type SetEntry =
  | Exclude<FilterEntry, { readonly kind: 'port ranges' }>
  | MarkedPorts
  /** hash:ip,mark */
  | { readonly kind: 'address and mark'; readonly address: IpAddress; readonly mark: number }
  /** hash:net,net, where the second is another one than the first */
  | { readonly kind: 'address and source'; readonly address: IpAddress; readonly source: Cidr };

/** As `ipset` prints it, but for the protocol's place: `UDP 10.96.0.1:5000-5999 0x1/0x107f`. */
export function formatSetEntry(entry: SetEntry): string {
  switch (entry.kind) {
    case 'marked ports': {
      const { address, protocol, mark, mask } = entry;
      const ports = formatPortRange(entry);
      return `${protocol} ${formatHost(address)}:${ports} ${formatMark(mark)}/${formatMark(mask)}`;
    }
    case 'address and mark':
      return `${entry.address.text},${formatMark(entry.mark)}`;
    case 'address and source':
      return `${entry.address.text},${entry.source.text}`;
    default:
      return formatEntry(entry);
  }
}
