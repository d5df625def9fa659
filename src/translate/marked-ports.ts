import { formatVirtualServer, type VirtualServerId } from '../kernel/ipvs/model.ts';
import { formatHost, type IpAddress } from '../net/ip-address.ts';
import type { Decision } from './decisions.ts';
import { formatPorts } from './describe-decision.ts';
import type { Traffic, VipKind } from './front-end.ts';
import { trafficOf } from './front-ends.ts';

/** The ports of an address whose packets get one mark. */
export interface PortsWithMark {
  readonly kind: VipKind;
  readonly address: IpAddress;
  /** By protocol: `10000-20000/UDP`. */
  readonly ranges: readonly string[];
}

type MarkId = Extract<VirtualServerId, { readonly kind: 'fwmark' }>;

/** A virtual server for a mark. */
export interface MarkOfService {
  readonly id: MarkId;
  /** Whose endpoints it has; those of both where the mark is for both. */
  readonly traffic: Traffic;
  readonly addresses: readonly PortsWithMark[];
}

type PortsByAddress = Map<string, PortsWithMark>;

/**
 * The virtual servers for marks of one Service, with what leads to them, by its decisions: nothing does
 * where others have all of it. Pure.
 */
export function marksOf(decisions: readonly Decision[]): readonly MarkOfService[] {
  const marks = new Map<string, Omit<MarkOfService, 'addresses'> & { addresses: PortsByAddress }>();
  for (const decision of decisions) {
    if (decision.about !== 'port range' || decision.mark === undefined) {
      continue;
    }
    const { kind, address, protocol, ports, mark, fate } = decision;
    const id: MarkId = { kind: 'fwmark', family: address.family, fwmark: mark };
    const key = formatVirtualServer(id);
    const known = marks.get(key) ?? { id, traffic: trafficOf({ kind }), addresses: new Map() };
    const addresses: PortsByAddress = known.addresses;
    marks.set(key, known);
    if (fate.kind === 'served') {
      const before = addresses.get(address.text)?.ranges ?? [];
      const ranges = [...before, formatPorts(ports, protocol)];
      addresses.set(address.text, { kind, address, ranges });
    }
  }
  return Array.from(marks.values(), (mark) => ({
    ...mark,
    addresses: [...mark.addresses.values()],
  }));
}

/** `203.0.113.9:10000-20000/UDP`, `[2001:db8::9]:5060/TCP, 10000-20000/UDP` */
export function formatPortsWithMark({ address, ranges }: PortsWithMark): string {
  return `${formatHost(address)}:${ranges.join(', ')}`;
}
