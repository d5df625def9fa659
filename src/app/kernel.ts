import { cpus, release } from 'node:os';
import { AddressClient } from '../kernel/vip-link/client.ts';
import { releaseCaptured, type OthersAt } from '../kernel/captured/release-captured.ts';
import { ConntrackClient } from '../kernel/conntrack/client.ts';
import { StaleFlowCleaner } from '../kernel/conntrack/stale-flow-cleaner.ts';
import { SetClient } from '../kernel/ipset/client.ts';
import { ipFamilies } from '../kernel/ip-families.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import type { KernelConfiguration } from '../kernel/configuration.ts';
import type { Operation, VirtualServer } from '../kernel/ipvs/model.ts';
import { readTable } from '../kernel/ipvs/read-table.ts';
import { TimeoutFoundation } from '../kernel/ipvs/timeout-foundation.ts';
import type { PacketFilterChoice } from '../kernel/packet-filter/choose-packet-filter.ts';
import type { RunProgram } from '../kernel/packet-filter/iptables/iptables.ts';
import type { LocalDetector } from '../kernel/packet-filter/local-detector.ts';
import {
  openPacketFilter,
  removePacketFilters,
} from '../kernel/packet-filter/open-packet-filter.ts';
import { portRangesThere } from '../kernel/packet-filter/port-ranges-there.ts';
import { Predecessor, type Retirement } from '../kernel/packet-filter/predecessor.ts';
import type {
  AddressWithPortRanges,
  PacketFilter,
  PacketFilterListener,
} from '../kernel/packet-filter/packet-filter.ts';
import { isIn } from '../net/cidr.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { addressesOfOthers } from '../kernel/vip-link/bound-address-difference.ts';
import { BoundAddressKind } from '../kernel/vip-link/bound-address-kind.ts';
import { DesiredState } from '../desired/desired-state.ts';
import { ForeignAtVips } from '../desired/foreign-at-vips.ts';
import type { AnyKindTable, Failure } from '../reconcile/any-kind-table.ts';
import { KindTable } from '../reconcile/kind-table.ts';
import { Reconciler, type RoundReport } from '../reconcile/reconciler.ts';
import type { ObservedVirtualServer } from '../kernel/ipvs/virtual-server-difference.ts';
import { VirtualServerKind } from '../kernel/ipvs/virtual-server-kind.ts';
import type { DesiredFrontEnd } from '../translate/desired.ts';
import { SysctlFoundation } from '../kernel/sysctl/foundation.ts';
import { procSysFolder } from '../kernel/sysctl/proc-sys.ts';
import { conntrackSysctls } from '../kernel/sysctl/conntrack.ts';
import { requiredSysctls, type Sysctl } from '../kernel/sysctl/settings.ts';

/** What the kernel's parts tell the log. */
export interface KernelListener {
  /** Something worth a line, once. */
  note(message: string): void;
  /** Something does not work; the rest does. */
  warn(message: string): void;
}

/** The kernel of this node with the tables that keep it equal to the desired state. */
export interface Kernel {
  readonly ipvs: IpvsClient;
  readonly addresses: AddressClient;
  readonly packetFilter: PacketFilter;
  /** Which packet filter it is, and why it was chosen at the start. */
  readonly packetFilterChoice: PacketFilterChoice;
  readonly desired: DesiredState;
  readonly reconciler: Reconciler;
  /** What is known of virtual servers besides: since when some drain, and which are others'. */
  readonly virtualServers: Pick<
    VirtualServerKind<DesiredFrontEnd>,
    'draining' | 'drainingForMs' | 'foreign' | 'startAtOnce' | 'withDraining'
  >;
  /** How many virtual servers are known: desired, observed or both. */
  virtualServerCount(): number;
  /** A client with sockets of its own, for reading that no change is to wait for. */
  openReader(): Promise<IpvsClient>;
  /** The virtual servers that are desired with limits of their real servers' connections. */
  limited(): readonly VirtualServer[];
  /** Takes over settings that can change in the running process; the next audit acts upon them. */
  apply(configuration: KernelConfiguration): void;
  /** Calls back when IPVS turns out to have been unloaded and loaded: nothing of ours is in it. */
  onIpvsReloaded(callback: () => void): void;
  readonly flows: Pick<StaleFlowCleaner, 'onSearched'>;
  /** How packets of Pods are known from now on; returns whether that is news for the chains. */
  setLocalDetector(local: LocalDetector): boolean;
  /**
   * Unbinds addresses that are somebody else's, unless they are excluded; see `releaseCaptured`.
   * Returns what was unbound.
   */
  release(othersAt: OthersAt): Promise<readonly IpAddress[]>;
  /** The port ranges that the kernel holds, before anything was put in place. */
  portRanges(): Promise<readonly AddressWithPortRanges[]>;
  /**
   * Takes the other packet filter of ours out of the kernel, where an earlier run has left it and this
   * one's is in place. Resolves with what is to be told; the first call that brings it about ends it.
   */
  retirePredecessor(): Promise<Retirement>;
  /**
   * Takes everything of ours out of the kernel, but for addresses at which others have virtual
   * servers. Rejects where the kernel cannot be read.
   */
  removeAll(): Promise<RoundReport>;
  close(): void;
}

/**
 * Opens the kernel; nothing is changed by that. `run` starts the programs of iptables. Throws
 * IpvsUnavailableError.
 */
export async function openKernel(
  configuration: KernelConfiguration,
  listener: KernelListener,
  run?: RunProgram,
): Promise<Kernel> {
  const settings = configuration.kernel;
  const isExcluded = isIn(configuration.excludeCIDRs);
  const ipvs = await IpvsClient.connect();
  const addresses = new AddressClient();
  const sets = new SetClient();
  const conntrack = new ConntrackClient();
  const flows = openFlows(conntrack, listener);
  const filterListener = filterListenerOf(listener, flows);
  const chosen = await openPacketFilter(ipFamilies(), settings, filterListener, run);
  const { packetFilter } = chosen;
  const predecessor = new Predecessor(packetFilter, ipFamilies(), settings, run);
  const kind = openVirtualServers(ipvs, flows, isExcluded);
  const virtualServers = new KindTable<DesiredFrontEnd, ObservedVirtualServer, Operation>(kind);
  const boundAddresses = openBoundAddresses(addresses, flows, isExcluded);
  const sysctls = openSysctls(configuration, listener);
  const timeouts = new TimeoutFoundation(ipvs, configuration.ipvsTimeouts);
  const desired = new DesiredState(virtualServers, boundAddresses, packetFilter.members);
  const roundEnded = openRoundEnd({ flows, kind, desired, listener });
  // Rules first and the address last: no packet finds a Service that is half built.
  const reconciler = new Reconciler(
    [packetFilter.members, virtualServers, boundAddresses],
    undefined,
    // The question for the timeouts finds IPVS, or loads it, and with it come its sysctls.
    [timeouts, sysctls, ...packetFilter.foundations],
    roundEnded,
  );
  return {
    ipvs,
    addresses,
    packetFilter,
    packetFilterChoice: chosen.choice,
    desired,
    virtualServers: kind,
    ...lookingAt(virtualServers),
    reconciler,
    apply(changed) {
      sysctls.set(sysctlsOf(changed));
      timeouts.set(changed.ipvsTimeouts);
    },
    flows,
    onIpvsReloaded: ipvs.onReloaded.bind(ipvs),
    setLocalDetector: (local) => packetFilter.setLocalDetector(local),
    release: (othersAt) =>
      releaseCaptured(
        { ipvs, addresses, filter: packetFilter, kubeProxySets: sets, families: ipFamilies() },
        (address) => (isExcluded(address) ? undefined : othersAt(address)),
      ),
    portRanges: () => portRangesThere(ipFamilies(), settings),
    retirePredecessor: () => predecessor.retire(reconciler.foundations.failing()),
    async removeAll() {
      const isLeft = await isInUse(ipvs, isExcluded);
      const ownAddresses = new KindTable(new BoundAddressKind(addresses, isLeft));
      packetFilter.close();
      return removeRows([virtualServers, ownAddresses], roundEnded, () =>
        removePacketFilters(ipFamilies(), settings, run),
      );
    },
    close() {
      ipvs.close();
      addresses.close();
      sets.close();
      packetFilter.close();
      conntrack.close();
    },
  };
}

/** Changes of its members concern flows, too. */
function filterListenerOf(listener: KernelListener, flows: StaleFlowCleaner): PacketFilterListener {
  return { note: listener.note.bind(listener), changed: flows.noteMemberChange.bind(flows) };
}

/** What others may know of the virtual servers, and of the kernel itself. */
function lookingAt(
  virtualServers: Pick<KindTable<DesiredFrontEnd, unknown, unknown>, 'size' | 'desired'>,
): Pick<Kernel, 'virtualServerCount' | 'limited' | 'openReader'> {
  return {
    virtualServerCount: () => virtualServers.size,
    limited: () => limitedOf(virtualServers.desired()),
    openReader: () => IpvsClient.connect(),
  };
}

/** Goes over all of them, which takes some microseconds for a thousand. */
export function limitedOf(frontEnds: Iterable<DesiredFrontEnd>): readonly VirtualServer[] {
  const limited: VirtualServer[] = [];
  for (const { virtualServer } of frontEnds) {
    if (virtualServer.settings.limited) {
      limited.push(virtualServer);
    }
  }
  return limited;
}

/** Nothing is desired any more. No foundations here: what is to go need not be put in place before. */
async function removeRows(
  tables: readonly AnyKindTable[],
  roundEnded: () => void,
  removeTheRest: () => Promise<readonly Failure[]>,
): Promise<RoundReport> {
  const remover = new Reconciler(tables, undefined, [], roundEnded);
  remover.allowRemovals();
  const report = await remover.audit();
  return { ...report, failures: [...report.failures, ...(await removeTheRest())] };
}

/** Which addresses stay bound when ours go: those of others' virtual servers, and the excluded ones. */
async function isInUse(
  ipvs: IpvsClient,
  isExcluded: (address: IpAddress) => boolean,
): Promise<(address: IpAddress) => boolean> {
  const inUse = addressesOfOthers((await readTable(ipvs)).values());
  return (address) => inUse.has(address.text) || isExcluded(address);
}

function openFlows(conntrack: ConntrackClient, listener: KernelListener): StaleFlowCleaner {
  return new StaleFlowCleaner(conntrack, (error) => {
    listener.warn(`stale conntrack entries could not be deleted: ${error.message}`);
  });
}

/** What follows each round; after a list of the kernel, news of foreign virtual servers at VIPs. */
function openRoundEnd(parts: {
  readonly flows: StaleFlowCleaner;
  readonly kind: VirtualServerKind<DesiredFrontEnd>;
  readonly desired: DesiredState;
  readonly listener: KernelListener;
}): () => void {
  const { flows, kind, desired, listener } = parts;
  const foreignAtVips = new ForeignAtVips(desired, (message) => {
    listener.warn(message);
  });
  let looked: typeof kind.foreign | undefined;
  return () => {
    flows.roundEnded();
    kind.roundEnded();
    if (looked !== kind.foreign) {
      looked = kind.foreign;
      foreignAtVips.look(looked);
    }
  };
}

function openVirtualServers(
  ipvs: IpvsClient,
  flows: StaleFlowCleaner,
  isExcluded: (address: IpAddress) => boolean,
): VirtualServerKind<DesiredFrontEnd> {
  const note = (operation: Operation): void => {
    flows.note(operation);
  };
  return new VirtualServerKind<DesiredFrontEnd>(ipvs, undefined, undefined, note, isExcluded);
}

function openBoundAddresses(
  addresses: AddressClient,
  flows: StaleFlowCleaner,
  isExcluded: (address: IpAddress) => boolean,
) {
  return new KindTable(
    new BoundAddressKind(addresses, isExcluded, (operation) => {
      flows.noteAddressOperation(operation);
    }),
  );
}

function openSysctls(
  configuration: KernelConfiguration,
  listener: KernelListener,
): SysctlFoundation {
  return new SysctlFoundation(
    sysctlsOf(configuration),
    ({ path, value, why }, before) => {
      listener.note(`set ${path} from ${before} to ${value}: ${why}`);
    },
    procSysFolder(process.env),
  );
}

function sysctlsOf({ kernel, conntrack }: KernelConfiguration): readonly Sysctl[] {
  return [
    ...requiredSysctls({ strictArp: kernel.strictArp, kernelRelease: release() }),
    ...conntrackSysctls(conntrack, cpus().length),
  ];
}
