import type {
  Operation,
  Persistence,
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
   * connections left, or where its time is up. Nothing is `unknown` too.
   */
  readonly drain?: 'over' | 'unknown' | undefined;
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
  if (observed === undefined) {
    const { realServers } = desired;
    const settings = settingsOf(desired);
    return {
      additions: [{ kind: 'add virtual server', id: idOf(desired), settings, realServers }],
      removals: noDifference.removals,
    };
  }
  const isSame = hasSettingsOf(observed.settings, desired);
  if (isSame && desired.realServers === observed.realServers) {
    return noDifference;
  }
  const { id } = observed;
  const additions = wantedRealServers(id, desired, observed);
  const kept = desired.realServers.size - additionsIn(additions);
  const removals =
    kept === observed.realServers.size
      ? noDifference.removals
      : unwantedRealServers(id, desired, observed);
  if (!isSame) {
    additions.unshift({ kind: 'change virtual server', id, settings: settingsOf(desired) });
  }
  return { additions, removals };
}

/**
 * What the kernel holds after operations on one virtual server that succeeded. `desired` is given
 * where they were all additions to it that were missing: if nothing else is there then, its map of
 * real servers serves both rows.
 */
export function afterOperations(
  before: ObservedVirtualServer | undefined,
  operations: readonly Operation[],
  desired?: VirtualServer,
): ObservedVirtualServer | undefined {
  if (before !== undefined && desired !== undefined) {
    if (before.realServers.size + additionsIn(operations) === desired.realServers.size) {
      const { id, settings } = before;
      return {
        id,
        settings: hasSettingsOf(settings, desired) ? settings : settingsOf(desired),
        realServers: desired.realServers,
      };
    }
  }
  let observed = before;
  // One copy for all: one for each real server would cost the square of their number.
  let realServers: Map<string, ObservedRealServer> | undefined;
  for (const operation of operations) {
    if (!('realServer' in operation)) {
      observed = afterVirtualServerOperation(observed, operation);
      realServers = undefined;
    } else if (observed !== undefined) {
      realServers ??= new Map(observed.realServers);
      observed = { id: observed.id, settings: observed.settings, realServers };
      changeRealServer(realServers, operation);
    }
  }
  return observed;
}

function additionsIn(operations: readonly Operation[]): number {
  return operations.filter(({ kind }) => kind === 'add real server').length;
}

/** The real servers of a new virtual server are those of the desired row, in one map for both. */
function afterVirtualServerOperation(
  observed: ObservedVirtualServer | undefined,
  operation: Exclude<Operation, { readonly realServer: unknown }>,
): ObservedVirtualServer | undefined {
  const { kind, id } = operation;
  switch (kind) {
    case 'add virtual server': {
      const { settings, realServers = new Map<string, ObservedRealServer>() } = operation;
      return { id, settings, realServers };
    }
    case 'change virtual server':
      return observed === undefined ? undefined : { ...observed, settings: operation.settings };
    case 'delete virtual server':
      return undefined;
  }
}

function changeRealServer(
  realServers: Map<string, ObservedRealServer>,
  { kind, realServer }: Extract<Operation, { readonly realServer: unknown }>,
): void {
  const key = formatRealServer(realServer);
  if (kind === 'delete real server') {
    realServers.delete(key);
  } else {
    realServers.set(key, realServer);
  }
}

/** How the kernel names the virtual server. */
export function idOf(virtualServer: VirtualServer): VirtualServerId {
  const { protocol, address, port } = virtualServer;
  return { kind: 'address', protocol, address, port };
}

/** The settings made last: nearly all virtual servers have the same, and share one object then. */
let lastSettings: VirtualServerSettings | undefined;

function settingsOf(virtualServer: VirtualServer): VirtualServerSettings {
  if (lastSettings !== undefined && hasSettingsOf(lastSettings, virtualServer)) {
    return lastSettings;
  }
  lastSettings = {
    scheduler: virtualServer.scheduler,
    persistence: persistenceOf(virtualServer),
    onePacket: false,
    schedulerFlags: schedulerFlagBits(virtualServer.schedulerFlags),
    owned: true,
  };
  return lastSettings;
}

function persistenceOf(virtualServer: VirtualServer): Persistence | undefined {
  return virtualServer.persistenceSeconds === undefined
    ? undefined
    : {
        timeoutSeconds: virtualServer.persistenceSeconds,
        prefixLength: hostPrefixLength(virtualServer.address.family),
      };
}

/** Whether two virtual servers have the same settings. */
export function sameSettings(a: VirtualServerSettings, b: VirtualServerSettings): boolean {
  return (
    a.scheduler === b.scheduler &&
    a.onePacket === b.onePacket &&
    a.schedulerFlags === b.schedulerFlags &&
    a.owned === b.owned &&
    a.persistence?.timeoutSeconds === b.persistence?.timeoutSeconds &&
    a.persistence?.prefixLength === b.persistence?.prefixLength
  );
}

/** Whether `settingsOf(desired)` would be the same; asked for each change, so that none are made. */
function hasSettingsOf(settings: VirtualServerSettings, desired: VirtualServer): boolean {
  const { persistence } = settings;
  return (
    settings.scheduler === desired.scheduler &&
    !settings.onePacket &&
    settings.owned &&
    settings.schedulerFlags === schedulerFlagBits(desired.schedulerFlags) &&
    persistence?.timeoutSeconds === desired.persistenceSeconds &&
    (persistence === undefined ||
      persistence.prefixLength === hostPrefixLength(desired.address.family))
  );
}

function wantedRealServers(
  id: VirtualServerId,
  desired: VirtualServer,
  observed: ObservedVirtualServer,
): Operation[] {
  const operations: Operation[] = [];
  for (const [key, realServer] of desired.realServers) {
    const operation = operationFor(id, realServer, observed.realServers.get(key));
    if (operation !== undefined) {
      operations.push(operation);
    }
  }
  return operations;
}

function operationFor(
  id: VirtualServerId,
  realServer: RealServer,
  present: ObservedRealServer | undefined,
): Operation | undefined {
  if (present === undefined) {
    return { kind: 'add real server', id, realServer };
  }
  const isSame =
    present === realServer ||
    (present.weight === realServer.weight && present.method === realServer.method);
  return isSame ? undefined : { kind: 'change real server', id, realServer };
}

function unwantedRealServers(
  id: VirtualServerId,
  desired: VirtualServer,
  observed: ObservedVirtualServer,
): Operation[] {
  const operations: Operation[] = [];
  observed.realServers.forEach((realServer, key) => {
    if (desired.realServers.has(key)) {
      return;
    }
    if (!drains(desired) || (realServer.weight === 0 && realServer.drain === 'over')) {
      operations.push({ kind: 'delete real server', id, realServer });
    } else if (realServer.weight !== 0) {
      const { address, port, method } = realServer;
      const drained = { address, port, method, weight: 0 };
      operations.push({ kind: 'change real server', id, realServer: drained });
    }
  });
  return operations;
}

/** UDP has no connections that could be waited for; a limit of 0 waits for none. */
function drains(virtualServer: VirtualServer): boolean {
  return virtualServer.protocol !== 'UDP' && virtualServer.drainTimeoutMs !== 0;
}
