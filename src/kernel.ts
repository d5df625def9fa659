import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { AddressClient } from './addresses/client.ts';
import { ConntrackClient } from './conntrack/client.ts';
import { StaleFlowCleaner } from './conntrack/stale-flow-cleaner.ts';
import { SetClient } from './ipset/client.ts';
import { IpvsClient } from './ipvs/client.ts';
import { readTable } from './ipvs/read-table.ts';
import type { ChainSettings } from './masquerade/chains.ts';
import type { IptablesVariant } from './masquerade/iptables.ts';
import { openMasquerade, type Masquerade } from './masquerade/masquerade.ts';
import type { IpFamily } from './net/ip-address.ts';
import { addressesOfOthers } from './reconcile/bound-address-difference.ts';
import { BoundAddressKind } from './reconcile/bound-address-kind.ts';
import { DesiredState } from './reconcile/desired-state.ts';
import { KindTable } from './reconcile/kind-table.ts';
import { Reconciler, type RoundReport } from './reconcile/reconciler.ts';
import { VirtualServerKind } from './reconcile/virtual-server-kind.ts';
import { SysctlFoundation } from './sysctl/foundation.ts';
import { requiredSysctls } from './sysctl/settings.ts';

/** What of the configuration concerns the kernel. */
export interface KernelSettings {
  readonly chains: ChainSettings;
  readonly iptables: IptablesVariant | 'auto';
  readonly strictArp: boolean;
}

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
  readonly masquerade: Masquerade;
  readonly desired: DesiredState;
  readonly reconciler: Reconciler;
  /**
   * Takes everything of ours out of the kernel, but for addresses at which others have virtual
   * servers. Rejects where the kernel cannot be read.
   */
  removeAll(): Promise<RoundReport>;
  close(): void;
}

/** Opens the kernel; nothing is changed by that. Raises IpvsUnavailableError. */
export async function openKernel(
  settings: KernelSettings,
  listener: KernelListener,
): Promise<Kernel> {
  const ipvs = await IpvsClient.connect();
  const addresses = new AddressClient();
  const sets = new SetClient();
  const conntrack = new ConntrackClient();
  const flows = new StaleFlowCleaner(conntrack, (error) => {
    listener.warn(`stale UDP flows could not be deleted: ${error.message}`);
  });
  const masquerade = await openMasquerade(sets, ipFamilies(), settings, {
    note: (message) => {
      listener.note(message);
    },
    warn: (message) => {
      listener.warn(message);
    },
    entryApplied: (operation) => {
      flows.noteSetOperation(operation);
    },
  });
  const virtualServers = new KindTable(
    new VirtualServerKind(ipvs, undefined, undefined, (operation) => {
      flows.note(operation);
    }),
  );
  const boundAddresses = new KindTable(new BoundAddressKind(addresses));
  const { entries } = masquerade;
  return {
    ipvs,
    addresses,
    masquerade,
    desired: new DesiredState(virtualServers, boundAddresses, entries),
    // Rules first and the address last: no packet finds a Service that is half built.
    reconciler: new Reconciler(
      [...(entries === undefined ? [] : [entries]), virtualServers, boundAddresses],
      undefined,
      [sysctls(settings, listener), ...masquerade.foundations],
    ),
    async removeAll() {
      // No foundations here: what is to go need not be put in place before.
      const inUse = addressesOfOthers((await readTable(ipvs)).values());
      const ownAddresses = new KindTable(new BoundAddressKind(addresses, inUse));
      const remover = new Reconciler([virtualServers, ownAddresses]);
      remover.allowRemovals();
      const report = await remover.audit();
      await masquerade.remove();
      return report;
    },
    close() {
      ipvs.close();
      addresses.close();
      sets.close();
      conntrack.close();
    },
  };
}

/** The families that this kernel speaks. */
export function ipFamilies(): readonly IpFamily[] {
  return existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4'];
}

function sysctls({ strictArp }: KernelSettings, listener: KernelListener): SysctlFoundation {
  return new SysctlFoundation(
    requiredSysctls({ strictArp, kernelRelease: release() }),
    ({ path, value, why }, before) => {
      listener.note(`set ${path} from ${before} to ${value}: ${why}`);
    },
  );
}
