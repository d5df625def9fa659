import type { IpFamily } from '../../../net/ip-address.ts';
import type { NftSet } from '../../nf-tables/ruleset.ts';

/** What the sets and maps of each family are for; the first comment of `rules.ts` shows where. */
export const setRoles = [
  /** What becomes of a new connection to a front end, as it arrives or leaves a process. */
  'front-ends',
  /** Whose address the real server sees, by where the connection was meant to go. */
  'sources',
  'vips',
  'guarded',
  'admitted',
  'hairpins',
] as const;

export type SetRole = (typeof setRoles)[number];

const number: Readonly<Record<IpFamily, 4 | 6>> = { IPv4: 4, IPv6: 6 };

/** The name of a set or of a chain that there is in each family. */
export function nameOf(role: string, family: IpFamily): string {
  return `${role}-${number[family]}`;
}

/** Health-check node ports, which answer at every address of the node. */
export const healthPorts: NftSet = {
  name: 'health-ports',
  kind: 'set',
  key: ['port'],
  ranges: false,
};

/** The set of a role in a family. */
export function setOf(role: SetRole, family: IpFamily): NftSet {
  const common = { name: nameOf(role, family), ranges: false } as const;
  const endpoint = [family, 'protocol', 'port'] as const;
  switch (role) {
    case 'front-ends':
    case 'sources':
      return { ...common, kind: 'verdict map', key: endpoint };
    case 'vips':
      return { ...common, kind: 'set', key: [family] };
    case 'guarded':
      return { ...common, kind: 'set', key: endpoint };
    case 'admitted':
      return { ...common, kind: 'set', key: [...endpoint, family], ranges: true };
    case 'hairpins':
      return { ...common, kind: 'set', key: [...endpoint, family] };
  }
}

export function allSets(families: readonly IpFamily[]): readonly NftSet[] {
  return [
    ...families.flatMap((family) => setRoles.map((role) => setOf(role, family))),
    healthPorts,
  ];
}
