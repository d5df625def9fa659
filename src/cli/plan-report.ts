import { describeOperation } from '../kernel/ipvs/ipvs-error.ts';
import { oneByOne, type RealServer } from '../kernel/ipvs/model.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { boundAddressDifference } from '../kernel/vip-link/bound-address-difference.ts';
import { differences } from '../reconcile/differences.ts';
import {
  virtualServerDifference,
  type DesiredVirtualServer,
} from '../kernel/ipvs/virtual-server-difference.ts';
import { observedFrom } from '../kernel/ipvs/virtual-server-kind.ts';
import { ipvsadmOptions, toGoldenShape } from './golden-shape.ts';
import type { ObservedKernel } from './observe-kernel.ts';
import { formatTable } from './text-table.ts';

/** What the cluster wants here, and what the kernel holds, where that could be read. */
export interface Plan {
  readonly virtualServers: ReadonlyMap<string, DesiredVirtualServer>;
  readonly boundAddresses: ReadonlyMap<string, IpAddress>;
  readonly observed: ObservedKernel | undefined;
  serviceOf(key: string): string | undefined;
}

/** One object that differs, and what would be done about it, in order. */
interface PlannedChange {
  readonly object: string;
  readonly service: string | undefined;
  readonly changes: readonly string[];
}

/**
 * The plan for programs: `virtualServers` and `boundAddresses` as in `show`, and `difference`,
 * which is null where the kernel could not be read. Ends with a new line.
 */
export function planJson(plan: Plan): string {
  const virtualServers = Array.from(plan.virtualServers.values(), (row) => row.virtualServer);
  const shape = toGoldenShape(virtualServers, plan.boundAddresses.values());
  const difference = plan.observed === undefined ? null : plannedChanges(plan, plan.observed);
  return `${JSON.stringify({ ...shape, difference }, undefined, 2)}\n`;
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
  const desired = formatTable([
    ['VIRTUAL SERVER', 'SCHEDULER', 'OPTIONS', 'SERVICE', 'REAL SERVERS'],
    ...rows,
  ]);
  return `${desired}\n${differenceText(plan)}`;
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
  const virtualServers = differences(
    virtualServerDifference,
    plan.virtualServers,
    new Map(Array.from(observed.virtualServers, ([key, listed]) => [key, observedFrom(listed)])),
  ).map(({ key, additions, removals }) => ({
    object: `virtual server ${key}`,
    service: plan.serviceOf(key),
    changes: [...additions, ...removals].flatMap(oneByOne).map(describeOperation),
  }));
  const boundAddresses = differences(
    boundAddressDifference,
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
