import { AddressClient } from './addresses/client.ts';
import { IpvsClient } from './ipvs/client.ts';
import { BoundAddressKind } from './reconcile/bound-address-kind.ts';
import { DesiredState } from './reconcile/desired-state.ts';
import { KindTable } from './reconcile/kind-table.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { VirtualServerKind } from './reconcile/virtual-server-kind.ts';

/** The kernel of this node with the tables that keep it equal to the desired state. */
export interface Kernel {
  readonly ipvs: IpvsClient;
  readonly addresses: AddressClient;
  readonly desired: DesiredState;
  readonly reconciler: Reconciler;
  close(): void;
}

/** Opens the kernel; nothing is changed by that. Raises IpvsUnavailableError. */
export async function openKernel(): Promise<Kernel> {
  const ipvs = await IpvsClient.connect();
  const addresses = new AddressClient();
  const virtualServers = new KindTable(new VirtualServerKind(ipvs));
  const boundAddresses = new KindTable(new BoundAddressKind(addresses));
  return {
    ipvs,
    addresses,
    desired: new DesiredState(virtualServers, boundAddresses),
    // The address comes last: no packet finds a virtual server that is half built.
    reconciler: new Reconciler([virtualServers, boundAddresses]),
    close() {
      ipvs.close();
      addresses.close();
    },
  };
}
