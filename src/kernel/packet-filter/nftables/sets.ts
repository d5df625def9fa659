import type { IpFamily } from '../../../net/ip-address.ts';
import type { NftSet } from '../../nf-tables/ruleset.ts';

/** Those that hold port ranges: all about the ranges of an address comes and goes together. */
export const portRangeRoles = [
  /** The addresses that have some: a look into a set of ranges costs a multiple of one into these. */
  'range-vips',
  /** As `front-ends` and `sources`. */
  'range-ends',
  'range-sources',
  /** The mark by which IPVS knows the virtual server. */
  'range-marks',
  'range-guarded',
  'range-admitted',
] as const;

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
  'range-hairpins',
  ...portRangeRoles,
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

type Shape = Omit<NftSet, 'name'>;

const shapesOf: Readonly<Record<IpFamily, Readonly<Record<SetRole, Shape>>>> = {
  IPv4: shapesOfFamily('IPv4'),
  IPv6: shapesOfFamily('IPv6'),
};

function shapesOfFamily(family: IpFamily): Readonly<Record<SetRole, Shape>> {
  const endpoint = [family, 'protocol', 'port'] as const;
  const set = (...key: NftSet['key']): Shape => ({ kind: 'set', key, ranges: false });
  const map: Shape = { kind: 'verdict map', key: endpoint, ranges: false };
  return {
    'front-ends': map,
    sources: map,
    vips: set(family),
    guarded: set(...endpoint),
    admitted: { ...set(...endpoint, family), ranges: true },
    hairpins: set(...endpoint, family),
    'range-vips': set(family),
    'range-ends': { ...map, ranges: true },
    'range-sources': { ...map, ranges: true },
    'range-marks': { kind: 'mark map', key: endpoint, ranges: true },
    'range-guarded': { ...set(...endpoint), ranges: true },
    'range-admitted': { ...set(...endpoint, family), ranges: true },
    'range-hairpins': set(family, family),
  };
}

/** The set of a role in a family. */
export function setOf(role: SetRole, family: IpFamily): NftSet {
  return { name: nameOf(role, family), ...shapesOf[family][role] };
}

export function allSets(families: readonly IpFamily[]): readonly NftSet[] {
  return [
    ...families.flatMap((family) => setRoles.map((role) => setOf(role, family))),
    healthPorts,
  ];
}
