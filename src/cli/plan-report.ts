import { describeOperation } from '../kernel/ipvs/ipvs-error.ts';
import {
  formatVirtualServer,
  oneByOne,
  type RealServer,
  type VirtualServer,
} from '../kernel/ipvs/model.ts';
import type { PacketFilterChoice } from '../kernel/packet-filter/choose-packet-filter.ts';
import type { PacketFilterKind } from '../kernel/packet-filter/packet-filter.ts';
import type { PacketFilterRemains } from '../kernel/packet-filter/what-is-there.ts';
import { isIn, type Cidr } from '../net/cidr.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { boundAddressDifference } from '../kernel/vip-link/bound-address-difference.ts';
import { boundAddressesAt } from '../kernel/vip-link/bound-address-kind.ts';
import { differences, exceptWhere } from '../reconcile/differences.ts';
import {
  virtualServerDifference,
  type DesiredVirtualServer,
} from '../kernel/ipvs/virtual-server-difference.ts';
import { observedFrom, virtualServersAt } from '../kernel/ipvs/virtual-server-kind.ts';
import { ipvsadmOptions, toGoldenShape } from './golden-shape.ts';
import type { ObservedKernel } from './observe-kernel.ts';
import { formatPortsWithMark, type PortsWithMark } from '../translate/marked-ports.ts';
import { formatTable } from './text-table.ts';

/** What the cluster wants here, and what the kernel holds, where that could be read. */
export interface Plan {
  readonly virtualServers: ReadonlyMap<string, DesiredVirtualServer>;
  readonly boundAddresses: ReadonlyMap<string, IpAddress>;
  readonly observed: ObservedKernel | undefined;
  /** `ipvs.excludeCIDRs`: nothing is done there. */
  readonly excluded: readonly Cidr[];
  /** Undefined where it cannot be told. */
  readonly packetFilter: PlannedFilter | undefined;
  serviceOf(key: string): string | undefined;
  /** Where packets for a virtual server for a mark come to; empty for any other. */
  portRangesOf(key: string): readonly PortsWithMark[];
}

/** Which packet filter a start would use, and what of packet filters of ours is there. */
export interface PlannedFilter extends PacketFilterChoice {
  readonly present: PacketFilterRemains;
}

/** One object that differs, and what would be done about it, in order. */
interface PlannedChange {
  readonly object: string;
  readonly service: string | undefined;
  readonly changes: readonly string[];
}

/**
 * The plan for programs: `virtualServers` and `boundAddresses` as in `show`; `packetFilter` and `difference`
 * are null where the kernel could not be read. Ends with a new line.
 */
export function planJson(plan: Plan): string {
  const virtualServers = Array.from(plan.virtualServers.values(), (row) => row.virtualServer);
  const shape = toGoldenShape(virtualServers, plan.boundAddresses.values());
  const difference = plan.observed === undefined ? null : plannedChanges(plan, plan.observed);
  const packetFilter = plan.packetFilter ?? null;
  const portRanges = virtualServers.flatMap((each) => rangesShape(plan, each));
  return `${JSON.stringify({ ...shape, portRanges, packetFilter, difference }, undefined, 2)}\n`;
}

/** A virtual server for a mark, with what leads to it. */
function rangesShape(plan: Plan, { id, settings, realServers }: VirtualServer): readonly object[] {
  if (id.kind !== 'fwmark') {
    return [];
  }
  const key = formatVirtualServer(id);
  const options = ipvsadmOptions(settings);
  const addresses = plan.portRangesOf(key).map(({ kind, address, ranges }) => ({
    ...{ address: address.text, kind, ranges },
  }));
  return [
    {
      ...{ mark: id.fwmark, family: id.family, service: plan.serviceOf(key) ?? null, addresses },
      scheduler: settings.scheduler,
      ...(options === '' ? {} : { options }),
      realServers: [...realServers.keys()],
    },
  ];
}

/** The plan for people. Ends with a new line. */
export function planText(plan: Plan): string {
  const rows = [...plan.virtualServers]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { virtualServer }]) => [
      key,
      virtualServer.settings.scheduler,
      ipvsadmOptions(virtualServer.settings) || '-',
      plan.serviceOf(key) ?? '',
      Array.from(virtualServer.realServers, realServerText).join(' ') || '(none)',
    ]);
  const ranges = [...plan.virtualServers.keys()].flatMap((key) =>
    plan.portRangesOf(key).map((ports) => [`  ${key}`, formatPortsWithMark(ports)]),
  );
  const desired = formatTable([
    ['VIRTUAL SERVER', 'SCHEDULER', 'OPTIONS', 'SERVICE', 'REAL SERVERS'],
    ...rows,
  ]);
  const marked = ranges.length === 0 ? '' : `Port ranges, by mark:\n${formatTable(ranges)}\n`;
  return `${desired}\n${marked}${filterText(plan)}${differenceText(plan)}`;
}

/** The choice and its reason; its rules and entries are not compared. */
function filterText({ packetFilter }: Plan): string {
  if (packetFilter === undefined) {
    return '';
  }
  const { kind, why, present } = packetFilter;
  const { nftables, iptables } = presentTexts(present);
  const [own, other] = kind === 'nftables' ? [nftables, iptables] : [iptables, nftables];
  const made = own === '' ? 'nothing of it is there: it would be made' : `${own} would be kept up`;
  const removed = other === '' ? '' : `; then ${other} would be removed`;
  return `Packet filter ${kind}: ${why}.\n  ${made}${removed}\n`;
}

function presentTexts({
  table,
  chainsOf,
  sets,
}: PacketFilterRemains): Record<PacketFilterKind, string> {
  const parts = [
    ...(chainsOf.length === 0 ? [] : [`chains KIPVS-* of ${chainsOf.join(' and ')}`]),
    ...(sets.length === 0 ? [] : [`sets kube-ipvs-* (${sets.length})`]),
  ];
  return { nftables: table === undefined ? '' : `table ${table}`, iptables: parts.join(' and ') };
}

/** `10.244.1.1:8080`, with what is special about it: `10.244.1.1:8080 (weight 10, limit 200)`. */
function realServerText([key, { weight, upperThreshold }]: readonly [string, RealServer]): string {
  const special = [
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    ...(upperThreshold === 0 ? [] : [`limit ${upperThreshold}`]),
  ];
  return special.length === 0 ? key : `${key} (${special.join(', ')})`;
}

function differenceText(plan: Plan): string {
  if (plan.observed === undefined) {
    return 'The kernel could not be read: the difference to it is not known.\n';
  }
  const changes = plannedChanges(plan, plan.observed).flatMap((planned) => planned.changes);
  return changes.length === 0
    ? 'The kernel holds all of it already; nothing would be done.\n'
    : `To be done (${changes.length}):\n${changes.map((change) => `  ${change}\n`).join('')}`;
}

function plannedChanges(plan: Plan, observed: ObservedKernel): PlannedChange[] {
  const isExcluded = isIn(plan.excluded);
  const virtualServers = differences(
    exceptWhere(virtualServersAt(isExcluded), virtualServerDifference),
    plan.virtualServers,
    new Map(Array.from(observed.virtualServers, ([key, listed]) => [key, observedFrom(listed)])),
  ).map(({ key, additions, removals }) => ({
    object: `virtual server ${key}`,
    service: plan.serviceOf(key),
    changes: [...additions, ...removals].flatMap(oneByOne).map(describeOperation),
  }));
  const boundAddresses = differences(
    exceptWhere(boundAddressesAt(isExcluded), boundAddressDifference),
    plan.boundAddresses,
    observed.boundAddresses,
  ).map(({ key, additions, removals }) => ({
    object: `bound address ${key}`,
    service: undefined,
    changes: [...additions, ...removals].map(
      ({ kind, address }) => `${kind} address ${address.hostPrefix}`,
    ),
  }));
  return [...virtualServers, ...boundAddresses];
}
