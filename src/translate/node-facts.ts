import type { ObjectKey } from '../cluster/objects.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { PortRange } from '../net/port-range.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Traffic } from './front-end.ts';
import type { AddressOwner } from './address-owner.ts';
import type { Outliers } from '../outliers/outliers.ts';
import type { Scheduler } from '../kernel/ipvs/schedulers.ts';

export interface PortsAtAddress {
  readonly address: IpAddress;
  readonly ports: readonly (PortRange & { readonly protocol: Protocol })[];
}

/** What a Service's rows depend on besides itself and its slices: what is known of this node. */
export interface NodeFacts {
  readonly nodeName: string;
  /** The zone of the node; undefined where its label is missing. */
  readonly zone: string | undefined;
  /** All addresses of the node's links but `kube-ipvs0`: what is there is not bound again. */
  readonly nodeAddresses: ReadonlySet<string>;
  /** The node addresses that answer on node ports. */
  readonly nodePortAddresses: readonly IpAddress[];
  /** All node addresses, whether or not node ports answer there. */
  readonly allNodeAddresses: readonly IpAddress[];
  /** Schedulers that this node's kernel was found to lack. */
  readonly missingSchedulers: ReadonlySet<Scheduler>;
  /** True for the VIPs of Services: an endpoint there would be a loop. */
  isVip(address: IpAddress): boolean;
  /** The Service whose VIP an address is: `default/web`. */
  serviceAt(vip: IpAddress): string | undefined;
  /** The weight that a Node names, where Services ask for it and it is known. */
  nodeWeight(name: string): number | undefined;
  /** Which real servers of a group fail, as this node sees them (`EjectionRule`). */
  outliersOf(group: string): Outliers;
  /**
   * The packet mark of a Service's port ranges, the same one as long as it has any; undefined where none is
   * free. `at` is where it is used, by which one is known again after a restart.
   */
  markOf(service: ObjectKey, traffic: Traffic, at: readonly PortsAtAddress[]): number | undefined;
  /** Whose an address is, besides: asked of external and load-balancer IPs. */
  ownerOf(address: IpAddress): AddressOwner | undefined;
}
