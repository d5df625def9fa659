import { Cidr } from '../../../net/cidr.ts';
import type { IpAddress } from '../../../net/ip-address.ts';
import { mergedPorts, withoutPorts, type PortRange } from '../../../net/port-range.ts';
import { protocols } from '../../../net/protocol.ts';
import type { Difference } from '../../../reconcile/kind.ts';
import { entryKey, type IpSet, type SetOperation } from '../../ipset/model.ts';
import type { MarkedPorts, SetEntry } from '../../ipset/set-entry.ts';
import type { FilterEntry } from '../filter-entry.ts';
import { portRangesOf, type FilterMember } from '../filter-member.ts';
import { frontEndRoles, type FrontEndRole } from '../front-end-role.ts';
import { setOf, type AnySetRole } from './sets.ts';

/** An entry with the set that it stands in. */
export interface PlacedEntry {
  readonly set: IpSet;
  readonly entry: SetEntry;
}

/** All that the sets hold about the port ranges of an address. */
export interface HeldPortRanges {
  readonly address: IpAddress;
  /** In ascending order by protocol, those of one mark in as few ranges as possible. */
  readonly ports: readonly MarkedPorts[];
  /** What becomes of packets with a mark, and who may send them; in the order in which they are added. */
  readonly judgements: readonly PlacedEntry[];
}

type PortRangesEntry = Extract<FilterEntry, { readonly kind: 'port ranges' }>;

/** Nothing is done to what goes to a range of the role `local`: no set is asked for it. */
const setOfRole: Readonly<Record<FrontEndRole, AnySetRole | undefined>> = {
  cluster: 'range-cluster',
  external: 'range-external',
  local: undefined,
  'node-only': 'range-node-only',
  refused: 'range-refused',
};

/** What the sets are to hold about the port ranges of an address; `mask` has the bits of their marks. Pure. */
export function wantedPortRanges(
  { address, ranges }: PortRangesEntry,
  mask: number,
): HeldPortRanges {
  const placed = (role: AnySetRole, entry: SetEntry): PlacedEntry => ({
    set: setOf(role, address.family),
    entry,
  });
  const guarded = ranges.filter(({ sources }) => sources !== undefined);
  const judged = ranges.flatMap(({ mark, role }) => {
    const set = setOfRole[role];
    return set === undefined ? [] : [placed(set, { kind: 'address and mark', address, mark })];
  });
  const all = [
    // First who may come in, so that nobody is shut out meanwhile.
    ...admitted(guarded.map(({ sources }) => sources ?? [])).map((source) =>
      placed('range-admitted', admission(address, source)),
    ),
    ...guarded.map(({ mark }) =>
      placed('range-guarded', { kind: 'address and mark', address, mark }),
    ),
    ...judged,
  ];
  return {
    address,
    ports: mergedByMark(
      ranges.map(({ protocol, first, last, mark }) => {
        return { kind: 'marked ports', address, protocol, first, last, mark, mask };
      }),
    ),
    judgements: [...new Map(all.map((one) => [keyOf(one), one])).values()],
  };
}

/**
 * The set of sources knows addresses and not marks: where two Services share an address and admit different
 * sources to their ranges, it has those that both admit.
 */
function admitted(lists: readonly (readonly Cidr[])[]): readonly Cidr[] {
  const [first = [], ...others] = lists;
  return others.reduce((all, list) => common(all, list), first);
}

function common(some: readonly Cidr[], others: readonly Cidr[]): readonly Cidr[] {
  const within = (ranges: readonly Cidr[], wider: readonly Cidr[]) =>
    ranges.filter((range) =>
      wider.some((one) => one.prefixLength <= range.prefixLength && one.contains(range.network)),
    );
  const both = [...within(some, others), ...within(others, some)];
  return [...new Map(both.map((range) => [range.text, range])).values()];
}

function admission(address: IpAddress, source: Cidr): SetEntry {
  // As the sets are read.
  return source.prefixLength === address.bytes.length * 8 && source.network.equals(address)
    ? { kind: 'address to itself', address }
    : { kind: 'address and source', address, source };
}

/**
 * What has to be done to the sets. A range of which a port is missing, or has another mark, is added as a
 * whole. A mark comes after what is to be done with it, and goes before. Pure.
 */
export function portRangesDifference(
  wanted: HeldPortRanges | undefined,
  held: HeldPortRanges | undefined,
): Difference<SetOperation> {
  const { ports, judgements } = wanted ?? nothing;
  const { ports: heldPorts, judgements: heldJudgements } = held ?? nothing;
  return {
    additions: [
      ...lacking(judgements, heldJudgements),
      ...portsToAdd(ports, heldPorts).map(placedPorts),
    ].map((one): SetOperation => ({ kind: 'add entry', ...one })),
    removals: [
      ...portsToDelete(ports, heldPorts).map(placedPorts),
      ...lacking(heldJudgements, judgements),
    ].map((one): SetOperation => ({ kind: 'delete entry', ...one })),
  };
}

const nothing: Pick<HeldPortRanges, 'ports' | 'judgements'> = { ports: [], judgements: [] };

/** Those of some that are not among others. */
function lacking(
  some: readonly PlacedEntry[],
  others: readonly PlacedEntry[],
): readonly PlacedEntry[] {
  const keys = new Set(others.map(keyOf));
  return some.filter((one) => !keys.has(keyOf(one)));
}

function portsToAdd(
  wanted: readonly MarkedPorts[],
  held: readonly MarkedPorts[],
): readonly MarkedPorts[] {
  return wanted.filter((ports) => {
    const same = held.filter((one) => haveSameMark(one, ports));
    return withoutPorts([ports], same).length > 0;
  });
}

function portsToDelete(
  wanted: readonly MarkedPorts[],
  held: readonly MarkedPorts[],
): readonly MarkedPorts[] {
  return held.flatMap((ports) => {
    const ofProtocol = wanted.filter(({ protocol }) => protocol === ports.protocol);
    return withoutPorts([ports], ofProtocol).map((left) => ({ ...ports, ...portsAlone(left) }));
  });
}

/** What the sets hold after operations that succeeded. Pure. */
export function afterPortOperations(
  held: HeldPortRanges | undefined,
  operations: readonly SetOperation[],
): HeldPortRanges | undefined {
  const [first] = operations;
  const address = held?.address ?? (first === undefined ? undefined : addressOf(first.entry));
  if (address === undefined) {
    return held;
  }
  let { ports, judgements } = held ?? nothing;
  for (const { kind, set, entry } of operations) {
    if (entry.kind === 'marked ports') {
      const others = portsToDelete([entry], ports);
      ports = kind === 'add entry' ? [...others, entry] : others;
    } else {
      const others = lacking(judgements, [{ set, entry }]);
      judgements = kind === 'add entry' ? [...others, { set, entry }] : others;
    }
  }
  return ports.length + judgements.length === 0
    ? undefined
    : { address, ports: mergedByMark(ports), judgements };
}

function addressOf(entry: SetEntry): IpAddress | undefined {
  return entry.kind === 'port' ? undefined : entry.address;
}

/** Whether the sets hold the same, whatever the order in which they tell it. */
export function holdTheSame(a: HeldPortRanges, b: HeldPortRanges): boolean {
  const keys = new Set(a.judgements.map(keyOf));
  return (
    a.address.equals(b.address) &&
    a.ports.length === b.ports.length &&
    a.ports.every((ports, index) => samePorts(ports, b.ports[index])) &&
    a.judgements.length === b.judgements.length &&
    b.judgements.every((one) => keys.has(keyOf(one)))
  );
}

function samePorts(a: MarkedPorts, b: MarkedPorts | undefined): boolean {
  return b !== undefined && haveSameMark(a, b) && a.first === b.first && a.last === b.last;
}

/** The same ports in the order of HeldPortRanges. Pure. */
export function mergedByMark(ports: readonly MarkedPorts[]): readonly MarkedPorts[] {
  return protocols.flatMap((protocol) => {
    const ofProtocol = ports.filter((one) => one.protocol === protocol);
    const byMark = Map.groupBy(ofProtocol, ({ mark, mask }) => `${mark} ${mask}`);
    return [...byMark.values()].flatMap(mergedOfMark).toSorted((a, b) => a.first - b.first);
  });
}

function mergedOfMark(ports: readonly MarkedPorts[]): readonly MarkedPorts[] {
  const [any] = ports;
  return any === undefined
    ? []
    : mergedPorts(ports).map((range) => ({ ...any, ...portsAlone(range) }));
}

function portsAlone({ first, last }: PortRange): PortRange {
  return { first, last };
}

function haveSameMark(a: MarkedPorts, b: MarkedPorts): boolean {
  return a.protocol === b.protocol && a.mark === b.mark && a.mask === b.mask;
}

function placedPorts(entry: MarkedPorts): PlacedEntry {
  return { set: setOf('port-ranges', entry.address.family), entry };
}

function keyOf({ set, entry }: PlacedEntry): string {
  return entryKey(set, entry);
}

/** What is held, as the member that would have led to it. Pure. */
export function memberOfHeld({ address, ports, judgements }: HeldPortRanges): FilterMember {
  const has = (role: AnySetRole, mark: number): boolean => {
    const entry: SetEntry = { kind: 'address and mark', address, mark };
    const key = keyOf({ set: setOf(role, address.family), entry });
    return judgements.some((one) => keyOf(one) === key);
  };
  const sources = judgements.flatMap(({ entry }) =>
    entry.kind === 'address and source'
      ? [entry.source]
      : entry.kind === 'address to itself'
        ? [Cidr.host(address)]
        : [],
  );
  return portRangesOf(
    address,
    ports.map(({ protocol, first, last, mark }) => ({
      protocol,
      first,
      last,
      mark,
      role:
        frontEndRoles.find((role) => {
          const set = setOfRole[role];
          return set !== undefined && has(set, mark);
        }) ?? 'local',
      sources: has('range-guarded', mark) ? sources : undefined,
    })),
  );
}
