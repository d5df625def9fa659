import { addressLength, IpAddress, type IpFamily } from '../../../net/ip-address.ts';
import { Cidr } from '../../../net/cidr.ts';
import type { NftElement } from '../../nf-tables/element.ts';
import { isSameVerdict, type Verdict } from '../../nf-tables/expressions.ts';
import { protocolNumber, protocolOf } from '../../netlink/protocol.ts';
import { formatEntry, type FilterEntry } from '../filter-entry.ts';
import type { FilterMember, FilterRole } from '../filter-member.ts';
import type { FrontEndChain, SourceChain } from './rules.ts';
import { healthPorts, nameOf, setOf, type SetRole } from './sets.ts';

/** What becomes of connections to a front end: one of these at a time. */
const frontEndRoles = ['cluster', 'external', 'local', 'node-only', 'refused'] as const;

export type FrontEndRole = (typeof frontEndRoles)[number];

export function isFrontEndRole(role: FilterRole): role is FrontEndRole {
  return frontEndRoles.some((one) => one === role);
}

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

/** What an element says besides; undefined for one that is never ours. */
export function entryOf(
  role: Exclude<SetRole, 'front-ends' | 'sources'> | 'health-ports',
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
