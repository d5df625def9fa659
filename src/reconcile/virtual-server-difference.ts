import type {
  Operation,
  Persistence,
  RealServer as KernelRealServer,
  VirtualServerId,
  VirtualServerSettings,
} from '../ipvs/model.ts';
import { formatRealServer } from '../ipvs/model.ts';
import { hostPrefixLength } from '../net/ip-address.ts';
import { schedulerFlagBits } from '../translate/scheduler-flags.ts';
import type { RealServer, VirtualServer } from '../translate/desired.ts';
import { noDifference, type Difference } from './kind.ts';

/** A virtual server as the kernel holds it, with its real servers by `formatRealServer`. */
export interface ObservedVirtualServer {
  readonly id: VirtualServerId;
  readonly settings: VirtualServerSettings;
  readonly realServers: ReadonlyMap<string, ObservedRealServer>;
}

export interface ObservedRealServer extends RealServer {
  /**
   * What is known of its draining when it is no longer wanted: `over` where it has no
   * connections left, or where its time is up.
   */
  readonly drain: 'over' | 'unknown';
}

/**
 * The operations that lead from what is observed to what is desired. Settings are changed in
 * place, for connections to go on. A virtual server that nobody desires is deleted only where
 * it is ours; one that is desired and not ours is taken over as it stands.
 *
 * A real server that is not desired is drained: it gets weight 0, so that it takes no new
 * connections, and is deleted when its draining is over. One that comes back gets its weight
 * back by the same difference (kube-proxy issues 92019 and 108319).
 */
export function virtualServerDifference(
  desired: VirtualServer | undefined,
  observed: ObservedVirtualServer | undefined,
): Difference<Operation> {
  if (desired === undefined) {
    return observed?.settings.owned === true
      ? { additions: [], removals: [{ kind: 'delete virtual server', id: observed.id }] }
      : noDifference;
  }
  const id = idOf(desired);
  const settings = settingsOf(desired);
  if (observed === undefined) {
    const additions: Operation[] = [{ kind: 'add virtual server', id, settings }];
    for (const realServer of desired.realServers.values()) {
      additions.push({ kind: 'add real server', id, realServer: toKernel(realServer) });
    }
    return { additions, removals: [] };
  }
  const additions: readonly Operation[] = sameSettings(settings, observed.settings)
    ? []
    : [{ kind: 'change virtual server', id, settings }];
  return {
    additions: [...additions, ...wantedRealServers(id, desired, observed)],
    removals: unwantedRealServers(id, desired, observed),
  };
}

/** The table after one operation that succeeded. */
export function afterOperation(
  observed: ObservedVirtualServer | undefined,
  operation: Operation,
): ObservedVirtualServer | undefined {
  switch (operation.kind) {
    case 'add virtual server':
      return { id: operation.id, settings: operation.settings, realServers: new Map() };
    case 'delete virtual server':
      return undefined;
    case 'change virtual server':
      return observed === undefined ? undefined : { ...observed, settings: operation.settings };
    case 'add real server':
    case 'change real server':
    case 'delete real server':
      return observed === undefined
        ? undefined
        : { ...observed, realServers: realServersAfter(observed.realServers, operation) };
  }
}

/** How the kernel names the virtual server. */
export function idOf(virtualServer: VirtualServer): VirtualServerId {
  const { protocol, address, port } = virtualServer;
  return { kind: 'address', protocol, address, port };
}

function settingsOf(virtualServer: VirtualServer): VirtualServerSettings {
  return {
    scheduler: virtualServer.scheduler,
    persistence: persistenceOf(virtualServer),
    onePacket: false,
    schedulerFlags: schedulerFlagBits(virtualServer.schedulerFlags),
    owned: true,
  };
}

function persistenceOf(virtualServer: VirtualServer): Persistence | undefined {
  return virtualServer.persistenceSeconds === undefined
    ? undefined
    : {
        timeoutSeconds: virtualServer.persistenceSeconds,
        prefixLength: hostPrefixLength(virtualServer.address.family),
      };
}

function sameSettings(a: VirtualServerSettings, b: VirtualServerSettings): boolean {
  return (
    a.scheduler === b.scheduler &&
    a.onePacket === b.onePacket &&
    a.schedulerFlags === b.schedulerFlags &&
    a.owned === b.owned &&
    a.persistence?.timeoutSeconds === b.persistence?.timeoutSeconds &&
    a.persistence?.prefixLength === b.persistence?.prefixLength
  );
}

function wantedRealServers(
  id: VirtualServerId,
  desired: VirtualServer,
  observed: ObservedVirtualServer,
): Operation[] {
  const operations: Operation[] = [];
  for (const [key, realServer] of desired.realServers) {
    const present = observed.realServers.get(key);
    if (present === undefined) {
      operations.push({ kind: 'add real server', id, realServer: toKernel(realServer) });
    } else if (present.weight !== realServer.weight || present.method !== realServer.method) {
      operations.push({ kind: 'change real server', id, realServer: toKernel(realServer) });
    }
  }
  return operations;
}

function unwantedRealServers(
  id: VirtualServerId,
  desired: VirtualServer,
  observed: ObservedVirtualServer,
): Operation[] {
  const operations: Operation[] = [];
  for (const [key, realServer] of observed.realServers) {
    if (desired.realServers.has(key)) {
      continue;
    }
    if (!drains(desired) || (realServer.weight === 0 && realServer.drain === 'over')) {
      operations.push({ kind: 'delete real server', id, realServer });
    } else if (realServer.weight !== 0) {
      const drained = toKernel({ ...realServer, weight: 0 });
      operations.push({ kind: 'change real server', id, realServer: drained });
    }
  }
  return operations;
}

/** UDP has no connections that could be waited for; a limit of 0 waits for none. */
function drains(virtualServer: VirtualServer): boolean {
  return virtualServer.protocol !== 'UDP' && virtualServer.drainTimeoutMs !== 0;
}

function realServersAfter(
  realServers: ReadonlyMap<string, ObservedRealServer>,
  operation: Extract<Operation, { readonly realServer: unknown }>,
): ReadonlyMap<string, ObservedRealServer> {
  // The loop alone holds the observed map, so that it may grow in place: copying it for each
  // of its real servers would cost the square of their number.
  const changed = realServers as Map<string, ObservedRealServer>;
  const key = formatRealServer(operation.realServer);
  if (operation.kind === 'delete real server') {
    changed.delete(key);
  } else {
    const { address, port, method, weight } = operation.realServer;
    changed.set(key, { address, port, method, weight, drain: 'unknown' });
  }
  return changed;
}

/** Connection thresholds are not used: a Service knows none. */
function toKernel(realServer: RealServer): KernelRealServer {
  const { address, port, method, weight } = realServer;
  return { address, port, method, weight, upperThreshold: 0, lowerThreshold: 0 };
}
