import type { Endpoint, EndpointPort, ServicePort } from '../cluster/objects.ts';
import type { SpecialAddress } from '../net/special-address.ts';
import type { Cidr } from '../net/cidr.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { PortRange } from '../net/port-range.ts';
import type { Protocol } from '../net/protocol.ts';
import type { EndpointWeight, WeightRule } from './weight-rule.ts';
import type { ChosenVipKind, FrontEnd, Traffic, VipKind } from './front-end.ts';

/** What the translation of a Service decided, and why. See `describeDecision` for the words. */
export type Decision =
  ServiceDecision | AddressDecision | FrontEndDecision | PortRangeDecision | EndpointDecision;

/**
 * Takes the decisions of a translation as they are made: the steps that choose hand over what they
 * chose. The daemon gives none.
 */
export interface DecisionRecorder {
  record(decision: Decision): void;
}

/** Whether a Service becomes anything here. */
export interface ServiceDecision {
  readonly about: 'Service';
  readonly fate: ServiceFate;
}

export type ServiceFate =
  | { readonly kind: 'served' }
  /** By the label `service.kubernetes.io/service-proxy-name`. */
  | { readonly kind: 'left to another proxy'; readonly proxyName: string }
  | { readonly kind: 'ExternalName' }
  | { readonly kind: 'headless' }
  | { readonly kind: 'without ports' };

/** What becomes of an address that a Service asks for. */
export interface AddressDecision {
  readonly about: 'address';
  readonly kind: VipKind;
  readonly address: IpAddress;
  readonly fate: AddressFate;
}

export type AddressFate =
  /** On `kube-ipvs0`. */
  | { readonly kind: 'bound' }
  /** Another link of the node has it: served there, and not bound again. */
  | { readonly kind: 'on another link' }
  | { readonly kind: 'refused'; readonly why: VipRefusal }
  /** `ipMode: Proxy`: connections pass the load balancer even from inside the cluster (KEP-1860). */
  | { readonly kind: 'ipMode Proxy' }
  /** The Service has no cluster IP of this family. */
  | { readonly kind: 'another family' }
  /** The Service has the same address as this kind too, which counts. */
  | { readonly kind: 'repeated'; readonly countsAs: VipKind };

/**
 * Why an external or load-balancer IP is not served. Cluster IPs are trusted: the API server allocates
 * them.
 */
export type VipRefusal =
  | {
      readonly kind: 'outside the allowed ranges';
      readonly of: ChosenVipKind;
      readonly allowed: readonly Cidr[];
    }
  | { readonly kind: 'protected'; readonly range: Cidr }
  | { readonly kind: 'address of a Node'; readonly node: string }
  | { readonly kind: 'address of the API server' }
  /** The Nodes have not been listed yet. */
  | { readonly kind: 'owner not known yet' };

/** What becomes of a Service port at one address, or of its node port where no address has one. */
export interface FrontEndDecision {
  readonly about: 'front end';
  readonly protocol: Protocol;
  /** A node port has no address where no address of the node answers on it. */
  readonly frontEnd: FrontEnd | NodePortWithoutAddress;
  readonly fate: FrontEndFate;
}

export interface NodePortWithoutAddress {
  readonly kind: 'node port';
  readonly family: IpFamily;
  readonly port: number;
}

export type FrontEndFate =
  | { readonly kind: 'served' }
  /** By the virtual server of the port ranges, so that a client has one Pod across ports. */
  | { readonly kind: 'served with the port ranges' }
  /** An API server answers there, on this node. */
  | { readonly kind: 'left to the API server' }
  /** It is served, but for another Service that claims it too. */
  | { readonly kind: 'claimed by an older Service'; readonly service: string }
  /** No address of the node in this family is in `nodePortAddresses`. */
  | { readonly kind: 'no node address' };

/** What becomes of ports of an address that a Service asks for, but for those that are served one by one. */
export interface PortRangeDecision {
  readonly about: 'port range';
  /** Of the address. */
  readonly kind: VipKind;
  readonly address: IpAddress;
  readonly protocol: Protocol;
  /** In ascending order. */
  readonly ports: readonly PortRange[];
  /** The packet mark of the Service's virtual server there; undefined where it has none. */
  readonly mark: number | undefined;
  readonly fate: PortRangeFate;
}

export type PortRangeFate =
  /** Their packets get the mark, by which IPVS knows the virtual server. */
  | { readonly kind: 'served' }
  | { readonly kind: 'no free mark' }
  /** The address is one of the node, whose own listeners would be hidden. */
  | { readonly kind: 'address of the node' }
  /** A virtual server of its own each; undefined for the Service that was asked about. */
  | { readonly kind: 'ordinary ports'; readonly service: string | undefined }
  | { readonly kind: 'claimed by an older Service'; readonly service: string };

/** What becomes of an endpoint, for one Service port and one kind of traffic. */
export interface EndpointDecision {
  readonly about: 'endpoint';
  readonly port: ServicePort;
  readonly traffic: Traffic;
  readonly endpoint: Endpoint;
  /** The name of the EndpointSlice that lists it. */
  readonly slice: string;
  /** Undefined where its slice has no such port, or was not asked for one. */
  readonly targetPort: number | undefined;
  readonly fate: EndpointFate;
}

export type EndpointFate =
  | {
      readonly kind: 'used';
      readonly because: UsedBecause;
      /** Policy Local has no endpoint here: those outside are dropped, Pods of this node are not. */
      readonly onlyForThisNode: boolean;
      /** Where a rule gives it one. */
      readonly weight?: EndpointWeight;
    }
  /** By that rule, and others have more. */
  | { readonly kind: 'weight 0'; readonly by: WeightRule }
  | { readonly kind: 'not ready' }
  | { readonly kind: 'terminating while others are ready' }
  /** By the policy Local of this traffic. */
  | { readonly kind: 'on another node' }
  /** By topology hints, which name these. */
  | {
      readonly kind: 'hinted elsewhere';
      readonly to: HintTarget;
      readonly names: readonly string[];
    }
  /** The same address and target port count as this slice has them. */
  | { readonly kind: 'repeated'; readonly countsIn: string }
  | { readonly kind: 'refused'; readonly why: EndpointRefusal }
  /** Its slice has these ports alone. */
  | { readonly kind: 'no such port'; readonly ports: readonly EndpointPort[] }
  /** The Service has no cluster IP of its family. */
  | { readonly kind: 'another family' };

/** Those that terminate are used where none is ready (KEP-1669). */
export type UsedBecause = 'ready' | 'terminating and none is ready';

export type HintTarget = 'node' | 'zone';

/** Why an endpoint may get no traffic whatever its conditions. */
export type EndpointRefusal =
  | { readonly kind: 'special address'; readonly special: SpecialAddress }
  /** A packet would go round for ever. */
  | { readonly kind: 'VIP'; readonly service: string | undefined };
