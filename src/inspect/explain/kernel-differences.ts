import { describeUnwantedFate } from '../../kernel/ipvs/describe-real-server-fate.ts';
import { formatRealServer } from '../../kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../../kernel/ipvs/read-table.ts';
import { fateOfUnwanted, isStarting } from '../../kernel/ipvs/virtual-server-difference.ts';
import { isIn } from '../../net/cidr.ts';
import type { DesiredFrontEnd } from '../../translate/desired.ts';
import { fullnessAdvice, fullRealServers, refusedForFullness } from '../views/full-view.ts';
import { isVip } from './filter-verdict.ts';
import type { Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/**
 * Where the kernel is not as desired at a destination, which `key` is the virtual server of; nothing where it could
 * not be read, or is not touched. A slow start that is under way is as desired.
 */
export function kernelDifferences(
  to: Destination,
  key: string,
  world: ExplainWorld,
): readonly string[] {
  const { kernel, desired, settings } = world;
  if (kernel === undefined || isIn(settings.excludeCIDRs)(to.address)) {
    return [];
  }
  const wanted = desired.virtualServer(key);
  const there = kernel.virtualServer(key);
  const unbound =
    isVip(to.address, world) && !kernel.isBound(to.address.text)
      ? [`the kernel does not have ${to.address.text} on kube-ipvs0: packets to it go by`]
      : [];
  return [...unbound, ...virtualServerDifferences(key, wanted, there)];
}

function virtualServerDifferences(
  key: string,
  wanted: DesiredFrontEnd | undefined,
  there: ListedVirtualServer | undefined,
): readonly string[] {
  if (wanted === undefined) {
    return there?.settings.owned === true
      ? [`the kernel still has the virtual server ${key}, which no Service wants any more`]
      : [];
  }
  if (there === undefined) {
    return [`the kernel has no virtual server ${key}`];
  }
  const { scheduler } = wanted.virtualServer.settings;
  return [
    ...(there.settings.scheduler === scheduler
      ? []
      : [`the kernel has ${key} with the scheduler ${there.settings.scheduler}, not ${scheduler}`]),
    ...missing(key, wanted, there),
    ...unwanted(key, wanted, there),
    ...full(key, there),
  ];
}

function missing(id: string, wanted: DesiredFrontEnd, there: ListedVirtualServer): string[] {
  const weights = new Map(
    there.realServers.map(({ realServer }) => [formatRealServer(realServer), realServer.weight]),
  );
  return [...wanted.virtualServer.realServers].flatMap(([key, { weight }]) => {
    const present = weights.get(key);
    if (present === undefined) {
      return [`the kernel lacks the real server ${key} of ${id}: nothing is sent to it`];
    }
    const effect = present === 0 ? ': it gets no new connections' : '';
    return present === weight || isStarting(wanted, weight, present)
      ? []
      : [
          `the kernel has the real server ${key} of ${id} with weight ${present}, not ${weight}${effect}`,
        ];
  });
}

/** No difference, but another reason why new connections go elsewhere, or nowhere. */
function full(id: string, there: ListedVirtualServer): readonly string[] {
  const { full: keys, of } = fullRealServers(there, () => undefined);
  const refused = refusedForFullness({ full: keys.size, of }, there.settings);
  return [
    ...Array.from(
      keys.keys(),
      (key) =>
        `the real server ${key} of ${id} has as many connections as kube-ipvs.io/max-connections lets it have: it gets no new ones`,
    ),
    ...(refused === undefined ? [] : [`${id}: ${refused}; ${fullnessAdvice}`]),
  ];
}

/** One that drains is as it should be. */
function unwanted(id: string, wanted: DesiredFrontEnd, there: ListedVirtualServer): string[] {
  return there.realServers
    .map(({ realServer }) => ({
      key: formatRealServer(realServer),
      fate: fateOfUnwanted(wanted, realServer, false),
    }))
    .filter(
      ({ key, fate }) => !wanted.virtualServer.realServers.has(key) && fate !== 'keep draining',
    )
    .map(
      ({ key, fate }) =>
        `the kernel has the real server ${key} of ${id}, which is no candidate any more; it is to be: ${describeUnwantedFate(fate)}`,
    );
}
