import { addressLength, IpAddress, type IpFamily } from '../../../net/ip-address.ts';
import { Cidr } from '../../../net/cidr.ts';
import type { NftElement } from '../../nf-tables/element.ts';
import { isSameVerdict, type Verdict } from '../../nf-tables/expressions.ts';
import { protocolNumber, protocolOf } from '../../netlink/protocol.ts';
import { formatEntry, type FilterEntry } from '../filter-entry.ts';
import { isFrontEndRole, type FilterMember } from '../filter-member.ts';
import { frontEndRoles, type FrontEndRole } from '../front-end-role.ts';
import type { MarkedRange } from '../marked-range.ts';
import type { AddressWithPortRanges } from '../packet-filter.ts';
import type { FrontEndChain, SourceChain } from './rules.ts';
import { healthPorts, nameOf, setOf, type portRangeRoles, type SetRole } from './sets.ts';

/**
 * The key of a member in the table of the loop. A front end has one key whatever its role, so that
 * a change of the role takes the place of the one before, in one transaction.
 */
export function memberKey({ role, entry }: FilterMember): string {
  return isFrontEndRole(role) ? formatEntry(entry) : `${role} ${formatEntry(entry)}`;
}

/** The elements that a member is in the kernel. Pure. */
export function elementsOf({ role, entry }: FilterMember): readonly NftElement[] {
  if (entry.kind === 'port') {
    return [{ set: healthPorts.name, key: Uint8Array.of(entry.port >>> 8, entry.port & 0xff) }];
  }
  const { family } = entry.address;
  switch (entry.kind) {
    case 'address':
      return [{ set: setOf('vips', family).name, key: entry.address.bytes }];
    case 'endpoint and source':
      return [admission(entry)];
    case 'address to itself':
      return [{ set: setOf('range-hairpins', family).name, key: twice(entry.address) }];
    case 'port ranges':
      return [
        { set: setOf('range-vips', family).name, key: entry.address.bytes },
        ...entry.ranges.flatMap((range) => portRangeElements(entry.address, range)),
      ];
    case 'endpoint to itself':
      return [{ set: setOf('hairpins', family).name, key: endpointKey(entry, entry.address) }];
    case 'endpoint':
      return isFrontEndRole(role)
        ? frontEndElements(role, entry)
        : [{ set: setOf('guarded', family).name, key: endpointKey(entry) }];
  }
}

export type EndpointEntry = Extract<FilterEntry, { readonly kind: 'endpoint' }>;

/** Where an entry is about, with whatever else. */
type AnyEndpoint = Pick<EndpointEntry, 'address' | 'protocol' | 'port'>;

function frontEndElements(role: FrontEndRole, entry: EndpointEntry): readonly NftElement[] {
  const { family } = entry.address;
  const key = endpointKey(entry);
  const source = sourceVerdict(role, family);
  return [
    { set: setOf('front-ends', family).name, key, verdict: frontEndVerdict(role, family) },
    ...(source === undefined ? [] : [{ set: setOf('sources', family).name, key, verdict: source }]),
  ];
}

/** Elements whose ports are a range; each is the same one in several sets. */
function portRangeElements(
  address: IpAddress,
  { protocol, first, last, mark, role, sources }: MarkedRange,
): readonly NftElement[] {
  const { family } = address;
  const key = endpointKey({ address, protocol, port: first });
  const keyEnd = endpointKey({ address, protocol, port: last });
  const ports = (of: SetRole) => ({ set: setOf(of, family).name, key, keyEnd });
  const source = sourceVerdict(role, family);
  return [
    { ...ports('range-ends'), verdict: frontEndVerdict(role, family) },
    ...(source === undefined ? [] : [{ ...ports('range-sources'), verdict: source }]),
    // IPVS must not see what is led to a refusal.
    ...(role === 'refused' ? [] : [{ ...ports('range-marks'), mark }]),
    ...(sources === undefined ? [] : [ports('range-guarded')]),
    ...(sources ?? []).map(({ network, last: lastSource }) => ({
      set: setOf('range-admitted', family).name,
      key: endpointKey({ address, protocol, port: first }, network),
      keyEnd: endpointKey({ address, protocol, port: last }, lastSource),
    })),
  ];
}

function twice({ bytes }: IpAddress): Uint8Array {
  return Uint8Array.of(...bytes, ...bytes);
}

/** The address that an element is about; undefined for a port, which is one of the node. */
export function addressOfElement(element: NftElement): IpAddress | undefined {
  return element.set === healthPorts.name
    ? undefined
    : addressOfRange(element, element.set.endsWith('-6') ? 'IPv6' : 'IPv4');
}

/** The address whose port ranges an element is about. */
export function addressOfRange({ key }: NftElement, family: IpFamily): IpAddress {
  return IpAddress.fromBytes(family, key);
}

function frontEndVerdict(role: FrontEndRole, family: IpFamily): Verdict {
  const goto = (chain: FrontEndChain): Verdict => ({ kind: 'goto', chain: nameOf(chain, family) });
  switch (role) {
    case 'cluster':
      return { kind: 'accept' };
    case 'external':
    case 'local':
      return goto('guard');
    case 'node-only':
    case 'refused':
      return goto(role);
  }
}

/** Undefined for a front end that no connection gets behind. */
function sourceVerdict(role: FrontEndRole, family: IpFamily): Verdict | undefined {
  const goto = (chain: SourceChain): Verdict => ({ kind: 'goto', chain: nameOf(chain, family) });
  switch (role) {
    case 'cluster':
      return { kind: 'return' };
    case 'external':
      return { kind: 'goto', chain: 'masqueraded' };
    case 'local':
      return goto('own-source');
    case 'node-only':
      return goto('node-only-source');
    case 'refused':
      return undefined;
  }
}

/** The role of a front end with these verdicts in both maps; undefined where there is none. */
export function roleWithVerdicts(
  frontEnd: Verdict | undefined,
  source: Verdict | undefined,
  family: IpFamily,
): FrontEndRole | undefined {
  return frontEndRoles.find(
    (role) =>
      isSameVerdict(frontEndVerdict(role, family), frontEnd) &&
      isSameVerdict(sourceVerdict(role, family), source),
  );
}

function admission(
  entry: Extract<FilterEntry, { readonly kind: 'endpoint and source' }>,
): NftElement {
  const { source } = entry;
  return {
    set: setOf('admitted', entry.address.family).name,
    key: endpointKey(entry, source.network),
    keyEnd: endpointKey(entry, source.last),
  };
}

/** Parts of four bytes each, or sixteen: the address, the protocol, the port, the source. */
function endpointKey({ address, protocol, port }: AnyEndpoint, source?: IpAddress): Uint8Array {
  const length = addressLength(address.family);
  const key = new Uint8Array(length + 8 + (source === undefined ? 0 : length));
  key.set(address.bytes, 0);
  key[length] = protocolNumber[protocol];
  key[length + 4] = port >>> 8;
  key[length + 5] = port & 0xff;
  if (source !== undefined) {
    key.set(source.bytes, length + 8);
  }
  return key;
}

/** The front end that an element of one of both maps is about; undefined for one that is never ours. */
export function frontEndOf({ key }: NftElement, family: IpFamily): EndpointEntry | undefined {
  const length = addressLength(family);
  const protocol = protocolOf(key[length] ?? 0);
  return protocol === undefined
    ? undefined
    : {
        kind: 'endpoint',
        address: IpAddress.fromBytes(family, key),
        protocol,
        port: portAt(key, length + 4),
      };
}

/** The ports that an element gives a mark; none for one that is never ours. */
export function markedPortsOf(
  element: NftElement,
  family: IpFamily,
): AddressWithPortRanges['ranges'] {
  const { key, keyEnd = key, mark } = element;
  const first = frontEndOf(element, family);
  const last = portAt(keyEnd, addressLength(family) + 4);
  return first === undefined || mark === undefined
    ? []
    : [{ protocol: first.protocol, first: first.port, last, mark }];
}

/** Sets of which an element is a member by itself. */
export type SimpleSetRole = Exclude<
  SetRole,
  'front-ends' | 'sources' | (typeof portRangeRoles)[number]
>;

/** What an element says besides; undefined for one that is never ours. */
export function entryOf(
  role: SimpleSetRole | 'health-ports',
  element: NftElement,
  family: IpFamily,
): FilterMember | undefined {
  const { key, keyEnd } = element;
  if (role === 'health-ports') {
    return { role: 'health', entry: { kind: 'port', port: portAt(key, 0) } };
  }
  if (role === 'vips') {
    return {
      role: 'vip',
      entry: { kind: 'address', address: IpAddress.fromBytes(family, key) },
    };
  }
  if (role === 'range-hairpins') {
    const address = IpAddress.fromBytes(family, key);
    return address.equals(IpAddress.fromBytes(family, key, addressLength(family)))
      ? { role: 'range-hairpin', entry: { kind: 'address to itself', address } }
      : undefined;
  }
  const endpoint = frontEndOf(element, family);
  if (endpoint === undefined) {
    return undefined;
  }
  const second = addressLength(family) + 8;
  switch (role) {
    case 'guarded':
      return { role, entry: endpoint };
    case 'hairpins':
      return endpoint.address.equals(IpAddress.fromBytes(family, key, second))
        ? { role: 'hairpin', entry: { ...endpoint, kind: 'endpoint to itself' } }
        : undefined;
    case 'admitted': {
      const first = IpAddress.fromBytes(family, key, second);
      const last = IpAddress.fromBytes(family, keyEnd ?? key, second);
      const source = Cidr.between(first, last);
      return source === undefined
        ? undefined
        : { role, entry: { ...endpoint, kind: 'endpoint and source', source } };
    }
  }
}

function portAt(key: Uint8Array, at: number): number {
  return ((key[at] ?? 0) << 8) | (key[at + 1] ?? 0);
}
