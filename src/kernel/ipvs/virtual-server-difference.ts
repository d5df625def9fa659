import {
  formatRealServer,
  sameRealServer,
  sameSettings,
  type Operation,
  type RealServer,
  type RealServers,
  type VirtualServer,
} from './model.ts';
import { noDifference, type Difference } from '../../reconcile/kind.ts';
import { effectiveWeight } from './effective-weight.ts';
import { noKnownStarts, slowStartPlan, type KnownStarts } from './slow-start-plan.ts';

/** A virtual server that somebody wants. */
export interface DesiredVirtualServer {
  readonly virtualServer: VirtualServer;
  /**
   * How long a real server that is no longer wanted may keep its connections, in milliseconds;
   * undefined for as long as they last.
   */
  readonly drainTimeoutMs: number | undefined;
  /** In how long a new real server gets its whole weight, in milliseconds; undefined for at once. */
  readonly slowStartMs: number | undefined;
  /**
   * Those, by `formatRealServer`, whose connections are to be reset: not among the real servers, they are
   * deleted at once, which ends their connections (sysctl expire_nodest_conn).
   */
  readonly resets?: ReadonlySet<string>;
}

/** A virtual server as the kernel holds it. */
export interface ObservedVirtualServer {
  readonly virtualServer: VirtualServer;
  /**
   * The real servers, by `formatRealServer`, whose draining is over if they are no longer wanted: they
   * have no connections left, or their time is up.
   */
  readonly drained: ReadonlySet<string>;
}

const noneDrained: ReadonlySet<string> = new Set();

/**
 * The operations that lead from what is observed to what is desired. Settings are changed in
 * place, for connections to go on. A virtual server that nobody desires is deleted only where
 * it is ours; one that is desired and not ours is taken over as it stands.
 *
 * A real server that is not desired is drained: it gets weight 0, so that it takes no new
 * connections, and is deleted when its draining is over. One that comes back gets its weight
 * back by the same difference (kube-proxy issues 92019 and 108319). Where new ones start slowly, each has
 * as much of its weight as its time has come for.
 */
export function virtualServerDifference(
  desired: DesiredVirtualServer | undefined,
  observed: ObservedVirtualServer | undefined,
  known: KnownStarts = noKnownStarts,
): Difference<Operation> {
  if (desired === undefined) {
    return observed?.virtualServer.settings.owned === true
      ? {
          additions: [],
          removals: [{ kind: 'delete virtual server', id: observed.virtualServer.id }],
        }
      : noDifference;
  }
  const { id, settings, realServers } = desired.virtualServer;
  if (observed === undefined) {
    return {
      additions: [{ kind: 'add virtual server', id, settings, realServers }],
      removals: noDifference.removals,
    };
  }
  const staysLimited = doUnwantedHaveLimits(desired.virtualServer, observed.virtualServer);
  const meanwhile = staysLimited ? { ...settings, limited: true } : settings;
  const isSame = sameSettings(meanwhile, observed.virtualServer.settings);
  if (isSame && realServers === observed.virtualServer.realServers) {
    return noDifference;
  }
  const wanted = wantedRealServers(desired, observed.virtualServer.realServers, known);
  const change = { kind: 'change virtual server', id } as const;
  return {
    additions: isSame ? wanted : [{ ...change, settings: meanwhile }, ...wanted],
    removals: areAllWanted(desired, observed, wanted)
      ? noDifference.removals
      : [
          ...unwantedRealServers(desired, observed),
          ...(staysLimited ? [{ ...change, settings }] : []),
        ],
  };
}

/**
 * Whether real servers that are no longer wanted have limits, where none is to have any. Then the virtual server
 * says that it is limited until they have none: they may have to stay for a while, and be wanted again.
 */
function doUnwantedHaveLimits(desired: VirtualServer, observed: VirtualServer): boolean {
  return (
    !desired.settings.limited &&
    observed.settings.limited &&
    [...observed.realServers].some(
      ([key, realServer]) => !desired.realServers.has(key) && hasLimit(realServer),
    )
  );
}

/** Whether some of these are limited. */
export function haveLimits(realServers: RealServers): boolean {
  for (const realServer of realServers.values()) {
    if (hasLimit(realServer)) {
      return true;
    }
  }
  return false;
}

function hasLimit({ upperThreshold, lowerThreshold }: RealServer): boolean {
  return upperThreshold > 0 || lowerThreshold > 0;
}

/**
 * What the kernel holds after operations on one virtual server that succeeded. `desired` is given
 * where they were all additions to it that were missing: if nothing else is there then, its map of
 * real servers serves both rows.
 */
export function afterOperations(
  before: ObservedVirtualServer | undefined,
  operations: readonly Operation[],
  desired?: DesiredVirtualServer,
): ObservedVirtualServer | undefined {
  // In a slow start the kernel holds other weights than the desired ones.
  if (before !== undefined && desired !== undefined && desired.slowStartMs === undefined) {
    if (areAllWanted(desired, before, operations)) {
      return { virtualServer: desired.virtualServer, drained: noneDrained };
    }
  }
  let observed = before;
  // One copy for all: one for each real server would cost the square of their number.
  let realServers: Map<string, RealServer> | undefined;
  for (const operation of operations) {
    if (!('realServer' in operation)) {
      observed = afterVirtualServerOperation(observed, operation);
      realServers = undefined;
    } else if (observed !== undefined) {
      realServers ??= new Map(observed.virtualServer.realServers);
      const key = changeRealServer(realServers, operation);
      observed = {
        virtualServer: { ...observed.virtualServer, realServers },
        drained: without(observed.drained, key),
      };
    }
  }
  return observed;
}

/** The real servers of a new virtual server are those of the desired row, in one map for both. */
function afterVirtualServerOperation(
  observed: ObservedVirtualServer | undefined,
  operation: Exclude<Operation, { readonly realServer: unknown }>,
): ObservedVirtualServer | undefined {
  const { kind, id } = operation;
  switch (kind) {
    case 'add virtual server': {
      const { settings, realServers = new Map<string, RealServer>() } = operation;
      return { virtualServer: { id, settings, realServers }, drained: noneDrained };
    }
    case 'change virtual server': {
      const { settings } = operation;
      return observed && { ...observed, virtualServer: { ...observed.virtualServer, settings } };
    }
    case 'delete virtual server':
      return undefined;
  }
}

/** Returns its key. */
function changeRealServer(
  realServers: Map<string, RealServer>,
  { kind, realServer }: Extract<Operation, { readonly realServer: unknown }>,
): string {
  const key = formatRealServer(realServer);
  if (kind === 'delete real server') {
    realServers.delete(key);
  } else {
    realServers.set(key, realServer);
  }
  return key;
}

function without(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  return keys.has(key) ? new Set([...keys].filter((other) => other !== key)) : keys;
}

/** Whether nothing else is there than what is desired, by how many real servers are added to it. */
function areAllWanted(
  desired: DesiredVirtualServer,
  observed: ObservedVirtualServer,
  operations: readonly Operation[],
): boolean {
  let size = observed.virtualServer.realServers.size;
  for (const { kind } of operations) {
    if (kind === 'add real server') {
      size += 1;
    }
  }
  return size === desired.virtualServer.realServers.size;
}

function wantedRealServers(
  { virtualServer: { id, realServers: desired }, slowStartMs }: DesiredVirtualServer,
  observed: RealServers,
  known: KnownStarts,
): readonly Operation[] {
  const operations: Operation[] = [];
  const starting = slowStartMs === undefined ? undefined : slowStartPlan(desired, observed, known);
  desired.forEach((whole, key) => {
    const present = observed.get(key);
    const step = starting?.get(key);
    const realServer = withWeight(whole, effectiveWeight({ desired: whole.weight, step }));
    const start =
      step === undefined || slowStartMs === undefined
        ? {}
        : { slowStart: { step, durationMs: slowStartMs } };
    if (present === undefined) {
      operations.push({ kind: 'add real server', id, realServer, ...start });
    } else if (!sameRealServer(present, realServer) || isToBeTold(key, step, known)) {
      operations.push({ kind: 'change real server', id, realServer, ...start });
    }
  });
  return operations;
}

/** A slow start of an earlier run goes on: who keeps the times hears of it by an operation. */
function isToBeTold(key: string, step: number | undefined, known: KnownStarts): boolean {
  return step !== undefined && known.lesserWeight === 'resume' && known.stepOf(key) === undefined;
}

/** Whether a real server that has one weight and is to have another is in a slow start. */
export function isStarting(
  { slowStartMs }: Pick<DesiredVirtualServer, 'slowStartMs'>,
  desired: number,
  held: number,
): boolean {
  return slowStartMs !== undefined && held > 0 && held < desired;
}

function withWeight(realServer: RealServer, weight: number): RealServer {
  return weight === realServer.weight ? realServer : { ...realServer, weight };
}

function unwantedRealServers(
  desired: DesiredVirtualServer,
  { virtualServer, drained }: ObservedVirtualServer,
): readonly Operation[] {
  const { id } = virtualServer;
  const { limited } = desired.virtualServer.settings;
  const limits = limited ? {} : { upperThreshold: 0, lowerThreshold: 0 };
  const draining = (realServer: RealServer): RealServer => ({
    ...withWeight(realServer, effectiveWeight({ desired: undefined })),
    ...limits,
  });
  const operations: Operation[] = [];
  virtualServer.realServers.forEach((realServer, key) => {
    if (desired.virtualServer.realServers.has(key)) {
      return;
    }
    switch (fateOfUnwanted(desired, realServer, drained.has(key))) {
      case 'drain':
        operations.push({ kind: 'change real server', id, realServer: draining(realServer) });
        break;
      case 'keep draining':
        if (!limited && hasLimit(realServer)) {
          operations.push({ kind: 'change real server', id, realServer: draining(realServer) });
        }
        break;
      case 'delete: reset':
      case 'delete: UDP':
      case 'delete: no drain timeout':
      case 'delete: drained':
        operations.push({ kind: 'delete real server', id, realServer });
        break;
    }
  });
  return operations;
}

/** What becomes of a real server that is no longer wanted, and why. */
export type UnwantedFate =
  /** It gets weight 0. */
  | 'drain'
  /** It has weight 0, and connections that may go on. */
  | 'keep draining'
  /** Its connections are to be reset. */
  | 'delete: reset'
  /** UDP has no connections that could be waited for. */
  | 'delete: UDP'
  /** A limit of 0 waits for none. */
  | 'delete: no drain timeout'
  /** It has no connections left, or its time is up. */
  | 'delete: drained';

/**
 * Decides the fate of a real server that a virtual server no longer wants; `isDrained` as
 * `ObservedVirtualServer` has it.
 */
export function fateOfUnwanted(
  { virtualServer: { id }, drainTimeoutMs, resets }: DesiredVirtualServer,
  realServer: Pick<RealServer, 'address' | 'port' | 'weight'>,
  isDrained: boolean,
): UnwantedFate {
  if (resets?.has(formatRealServer(realServer)) === true) {
    return 'delete: reset';
  }
  if (id.kind === 'address' && id.protocol === 'UDP') {
    return 'delete: UDP';
  }
  if (drainTimeoutMs === 0) {
    return 'delete: no drain timeout';
  }
  if (realServer.weight !== 0) {
    return 'drain';
  }
  return isDrained ? 'delete: drained' : 'keep draining';
}
