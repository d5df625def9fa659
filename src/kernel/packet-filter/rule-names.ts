import type { IpFamily } from '../../net/ip-address.ts';
import type { FilterRole } from './filter-member.ts';
import { setOf as ipsetOf } from './iptables/sets.ts';
import { nameOf } from './nftables/sets.ts';
import type { PacketFilterKind } from './packet-filter.ts';

/** When a role decides: as a connection comes, or as its first packet leaves for the real server. */
export type DecidedAs = 'it comes' | 'it leaves';

type Places = Readonly<Record<FilterRole, string>>;

const setsOfTable = {
  vip: 'set vips-N',
  guarded: 'set guarded-N',
  admitted: 'set admitted-N',
  hairpin: 'set hairpins-N',
  'port-ranges': 'map range-marks-N, chain mark',
  'range-hairpin': 'set range-hairpins-N',
  health: 'set health-ports',
} as const;

/** In the table of nftables; `-N` stands for the family. */
const placesInTable: Readonly<Record<DecidedAs, Places>> = {
  'it comes': {
    ...setsOfTable,
    vip: 'set vips-N, chain unserved-N',
    cluster: 'map front-ends-N',
    external: 'map front-ends-N, chain guard-N',
    local: 'map front-ends-N, chain guard-N',
    'node-only': 'map front-ends-N, chain node-only-N',
    refused: 'map front-ends-N, chain refused-N',
  },
  'it leaves': {
    ...setsOfTable,
    cluster: 'map sources-N, chain cluster-source-N',
    external: 'map sources-N, chain masqueraded',
    local: 'map sources-N, chain own-source-N',
    'node-only': 'map sources-N, chain node-only-source-N',
    // What is refused never leaves.
    refused: 'map front-ends-N, chain refused-N',
  },
};

/** What a place of single ports is called for port ranges. */
const ofRanges: readonly (readonly [string, string])[] = [
  ['map front-ends', 'map range-ends'],
  ['map sources', 'map range-sources'],
  ['set guarded', 'set range-guarded'],
  ['set admitted', 'set range-admitted'],
];

/** Where an operator finds what decides by a role: `map front-ends-4, chain refused-4`. Pure. */
export function ruleName(
  kind: PacketFilterKind,
  role: FilterRole,
  family: IpFamily,
  as: DecidedAs,
  isPortRange = false,
): string {
  switch (kind) {
    case 'iptables':
      return `ipset ${ipsetName(role, family, isPortRange)}`;
    case 'nftables':
      return (isPortRange ? ofRanges : [])
        .reduce((text, [one, other]) => text.replace(one, other), placesInTable[as][role])
        .replaceAll('-N', nameOf('', family));
  }
}

/** What sets of ipset tell of port ranges by their mark: what is not there needs no rule. */
const rangeRoles: ReadonlySet<FilterRole> = new Set<FilterRole>([
  ...(['cluster', 'external', 'node-only', 'refused'] as const),
  ...(['guarded', 'admitted'] as const),
]);

function ipsetName(role: FilterRole, family: IpFamily, isPortRange: boolean): string {
  if (!isPortRange) {
    return ipsetOf(role, family).name;
  }
  return rangeRoles.has(role)
    ? ipsetOf(role, family).name.replace(role, `range-${role}`)
    : ipsetOf(role === 'local' ? 'port-ranges' : role, family).name;
}
