import type { FilterEntry } from '../filter-entry.ts';
import type { IpSet, SetType } from '../../ipset/model.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import { filterRoles, type FilterMember, type FilterRole } from '../filter-member.ts';

/**
 * What becomes of packets to the port ranges of an address, by their mark: the same as of those to front ends
 * and endpoints. All of it belongs to the members of the role `port-ranges`.
 */
const rangeRoles = [
  'range-cluster',
  'range-external',
  'range-node-only',
  'range-refused',
  'range-guarded',
  /** Who may connect, by the address: see `held-port-ranges.ts`. */
  'range-admitted',
] as const;

/** `empty` holds nothing, ever: see `chains.ts` for what it is good for. */
export type AnySetRole = FilterRole | (typeof rangeRoles)[number] | 'empty';

const typeOf: Readonly<Record<AnySetRole, SetType>> = {
  vip: 'hash:ip',
  cluster: 'hash:ip,port',
  external: 'hash:ip,port',
  local: 'hash:ip,port',
  'node-only': 'hash:ip,port',
  refused: 'hash:ip,port',
  guarded: 'hash:ip,port',
  admitted: 'hash:ip,port,net',
  hairpin: 'hash:ip,port,ip',
  health: 'bitmap:port',
  'port-ranges': 'hash:ip,port',
  'range-cluster': 'hash:ip,mark',
  'range-external': 'hash:ip,mark',
  'range-node-only': 'hash:ip,mark',
  'range-refused': 'hash:ip,mark',
  'range-guarded': 'hash:ip,mark',
  'range-admitted': 'hash:net,net',
  'range-hairpin': 'hash:net,net',
  empty: 'hash:ip',
};

const prefix = 'kube-ipvs';

/** By family; one object for each set, since every entry of a large cluster names its own. */
const setsOf: Readonly<Record<IpFamily, Readonly<Record<AnySetRole, IpSet>>>> = {
  IPv4: setsOfFamily('IPv4'),
  IPv6: setsOfFamily('IPv6'),
};

function setsOfFamily(family: IpFamily): Readonly<Record<AnySetRole, IpSet>> {
  const set = (role: AnySetRole): IpSet => {
    const type = typeOf[role];
    return type === 'bitmap:port'
      ? { name: `${prefix}-${role}`, type, family: 'IPv4' }
      : { name: `${prefix}-${role}-${family === 'IPv4' ? 4 : 6}`, type, family };
  };
  const rangeMarks = { ...set('port-ranges'), givesMarks: true } as const;
  return {
    vip: set('vip'),
    cluster: set('cluster'),
    external: set('external'),
    local: set('local'),
    'node-only': set('node-only'),
    refused: set('refused'),
    guarded: set('guarded'),
    admitted: set('admitted'),
    hairpin: set('hairpin'),
    health: set('health'),
    'port-ranges': { ...rangeMarks, name: rangeMarks.name.replace('port-ranges', 'range-marks') },
    'range-cluster': set('range-cluster'),
    'range-external': set('range-external'),
    'range-node-only': set('range-node-only'),
    'range-refused': set('range-refused'),
    'range-guarded': set('range-guarded'),
    'range-admitted': set('range-admitted'),
    'range-hairpin': set('range-hairpin'),
    empty: set('empty'),
  };
}

/** The set of a role in a family. Ports know no family: that set serves both. */
export function setOf(role: AnySetRole, family: IpFamily): IpSet {
  return setsOf[family][role];
}

/** All sets that the chains of these families look into. */
export function allSets(families: readonly IpFamily[]): readonly IpSet[] {
  const sets = families.flatMap((family) =>
    [...filterRoles, ...rangeRoles, 'empty' as const].map((role) => setOf(role, family)),
  );
  return [...new Map(sets.map((set) => [set.name, set])).values()];
}

/** The sets that hold the port ranges of addresses: the marks, and what goes by them. */
export function rangeSetsOf(family: IpFamily): readonly IpSet[] {
  return (['port-ranges', ...rangeRoles] as const).map((role) => setOf(role, family));
}

const namesOfRangeSets: ReadonlySet<string> = new Set(
  (['IPv4', 'IPv6'] as const).flatMap(rangeSetsOf).map(({ name }) => name),
);

/** Whether it is one of them. */
export function isRangeSet({ name }: IpSet): boolean {
  return namesOfRangeSets.has(name);
}

/** Whether a set is there for port ranges alone. */
export function isForPortRanges({ name }: IpSet): boolean {
  return name.startsWith(`${prefix}-range-`);
}

/** The set as it is to be made where these bits of packet marks belong to port ranges. */
export function withMarkMask(set: IpSet, rangeMarks: number): IpSet {
  return set.type === 'hash:ip,mark' ? { ...set, markMask: rangeMarks } : set;
}

/**
 * The set that takes the place of one whose name something else has: rules refer to that, and the
 * kernel then neither deletes nor renames it.
 */
export function spareOf(set: IpSet): IpSet {
  return { ...set, name: spareNameOf(set.name) };
}

export function spareNameOf(name: string): string {
  return `${name}-b`;
}

/** By whichever names they may be in the kernel. */
export function withSpares(sets: readonly IpSet[]): readonly IpSet[] {
  return sets.flatMap((set) => [set, spareOf(set)]);
}

/** Without these types no packet can be told from another: their sets are in nearly all rules. */
const neededTypes: ReadonlySet<SetType> = new Set(['hash:ip', 'hash:ip,port']);

/** Whether the chains make no sense without a set. */
export function isNeeded({ type, givesMarks }: IpSet): boolean {
  return neededTypes.has(type) && givesMarks !== true;
}

/** What does not work without a set, for the log. */
export function workWithout({ type }: IpSet): string {
  switch (type) {
    case 'hash:ip':
    case 'hash:ip,port':
      return 'there is no masquerade and no filter';
    case 'hash:ip,port,net':
      return 'loadBalancerSourceRanges are not enforced';
    case 'hash:ip,port,ip':
      return 'a Pod cannot reach itself through a Service';
    case 'bitmap:port':
      return 'a firewall of the node may close health-check node ports';
    case 'hash:ip,mark':
    case 'hash:net,net':
      return 'there are no port ranges';
  }
}

/** Where a member belongs. */
export function setOfMember({ role, entry }: FilterMember): IpSet {
  return setOf(role, familyOf(entry));
}

function familyOf(entry: FilterEntry): IpFamily {
  return entry.kind === 'port' ? 'IPv4' : entry.address.family;
}

/** The role of each set, by its name. */
const roleOfName: ReadonlyMap<string, AnySetRole> = new Map(
  Object.values(setsOf).flatMap((sets) =>
    // Object.entries forgets that the keys are roles.
    (Object.entries(sets) as [AnySetRole, IpSet][]).map(([role, { name }]) => [name, role]),
  ),
);

/** What a member that stands in a set is there for; undefined for a set without members of its own. */
export function roleOfSet({ name }: IpSet): FilterRole | undefined {
  const role = roleOfName.get(name);
  return filterRoles.find((one) => one === role);
}
