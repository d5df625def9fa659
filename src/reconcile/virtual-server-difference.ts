import type {
  Operation,
  Persistence,
  RealServer as KernelRealServer,
  VirtualServerId,
  VirtualServerSettings,
} from '../ipvs/model.ts';
import { formatRealServer } from '../ipvs/model.ts';
import { hostPrefixLength } from '../net/ip-address.ts';
import type { RealServer, VirtualServer } from '../translate/desired.ts';
import { noDifference, type Difference } from './kind.ts';

/** A virtual server as the kernel holds it, with its real servers by `formatRealServer`. */
export interface ObservedVirtualServer {
  readonly id: VirtualServerId;
  readonly settings: VirtualServerSettings;
  readonly realServers: ReadonlyMap<string, RealServer>;
}

/**
 * The operations that lead from what is observed to what is desired. Settings are changed in
 * place, for connections to go on. A virtual server that nobody desires is deleted only where
 * it is ours; one that is desired and not ours is taken over as it stands.
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
  const additions: Operation[] = sameSettings(settings, observed.settings)
    ? []
    : [{ kind: 'change virtual server', id, settings }];
  if (desired.realServers === observed.realServers) {
    return { additions, removals: [] };
  }
  return realServerDifference(id, additions, desired.realServers, observed.realServers);
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
    schedulerFlags: 0,
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

function realServerDifference(
  id: VirtualServerId,
  before: Operation[],
  desired: ReadonlyMap<string, RealServer>,
  observed: ReadonlyMap<string, RealServer>,
): Difference<Operation> {
  const additions = before;
  for (const [key, realServer] of desired) {
    const present = observed.get(key);
    if (present === undefined) {
      additions.push({ kind: 'add real server', id, realServer: toKernel(realServer) });
    } else if (present.weight !== realServer.weight || present.method !== realServer.method) {
      additions.push({ kind: 'change real server', id, realServer: toKernel(realServer) });
    }
  }
  const removals: Operation[] = [];
  for (const [key, realServer] of observed) {
    if (!desired.has(key)) {
      removals.push({ kind: 'delete real server', id, realServer });
    }
  }
  return { additions, removals };
}

function realServersAfter(
  realServers: ReadonlyMap<string, RealServer>,
  operation: Extract<Operation, { readonly realServer: unknown }>,
): ReadonlyMap<string, RealServer> {
  // The loop alone holds the observed map, so that it may grow in place: copying it for each
  // of its real servers would cost the square of their number.
  const changed = realServers as Map<string, RealServer>;
  const key = formatRealServer(operation.realServer);
  if (operation.kind === 'delete real server') {
    changed.delete(key);
  } else {
    const { address, port, method, weight } = operation.realServer;
    changed.set(key, { address, port, method, weight });
  }
  return changed;
}

/** Connection thresholds are not used: a Service knows none. */
function toKernel(realServer: RealServer): KernelRealServer {
  const { address, port, method, weight } = realServer;
  return { address, port, method, weight, upperThreshold: 0, lowerThreshold: 0 };
}
