import type { Cidr } from '../net/cidr.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { Protocol } from '../net/protocol.ts';

/**
 * What is kept of each Kubernetes object: only the fields that decide what a
 * Service becomes, parsed. Everything else is dropped on arrival.
 */

/** `namespace/name`. */
export type ObjectKey = string;

/** Something of an object that could not be read, and costs that field alone. */
export interface UnreadField {
  /** As in `Problem`. */
  readonly object: string;
  /** In one sentence, with the field, the value and what is allowed. */
  readonly text: string;
}

export type TrafficPolicy = 'Cluster' | 'Local';

export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Empty where the object has none (a manifest by hand). */
  readonly uid: string;
  /** Milliseconds since 1970; 0 where the object does not say (a manifest by hand). */
  readonly createdAt: number;
  /** The annotations with one of `annotationPrefixes`; the others are dropped. */
  readonly annotations: ReadonlyMap<string, string>;
  /** The label `service.kubernetes.io/service-proxy-name`: another proxy serves it. */
  readonly proxyName: string | undefined;
  /** Empty for headless Services and for those of type ExternalName. */
  readonly clusterIPs: readonly IpAddress[];
  /** Why it has no cluster IP; missing for all other types. */
  readonly isExternalName?: true;
  /** `spec.externalIPs`, in both families. */
  readonly externalIPs: readonly IpAddress[];
  /** The IPs of `status.loadBalancer.ingress`, without those of `ipMode: Proxy`. */
  readonly loadBalancerIPs: readonly IpAddress[];
  /** Those of `ipMode: Proxy`, for the reason alone; missing where there are none. */
  readonly loadBalancerIPsOfProxies?: readonly IpAddress[];
  /** Who may connect to the load-balancer IPs; undefined for everybody. */
  readonly loadBalancerSourceRanges: readonly Cidr[] | undefined;
  readonly ports: readonly ServicePort[];
  readonly internalTrafficPolicy: TrafficPolicy;
  readonly externalTrafficPolicy: TrafficPolicy;
  /** Where a load balancer asks whether this node has endpoints (policy Local only). */
  readonly healthCheckNodePort: number | undefined;
  readonly sessionAffinity: SessionAffinity;
  /** Missing where all of it could be read. */
  readonly unread?: readonly UnreadField[];
}

export interface ServicePort {
  /** Empty for the unnamed port. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort: number | undefined;
}

export type SessionAffinity =
  { readonly kind: 'None' } | { readonly kind: 'ClientIP'; readonly timeoutSeconds: number };

export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  /** The label `kubernetes.io/service-name`: the Service, in the slice's own namespace. */
  readonly serviceName: string;
  readonly family: IpFamily;
  /**
   * The annotation `endpoints.kubernetes.io/last-change-trigger-time`, in milliseconds since 1970:
   * when a Pod or the Service changed, for which the slice was written.
   */
  readonly triggeredAt: number | undefined;
  /** The annotation `kube-ipvs.io/weight`: that of each of its endpoints. */
  readonly weight: number | undefined;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
  /** Missing where all of it could be read. */
  readonly unread?: readonly UnreadField[];
}

export interface EndpointPort {
  /** Empty for the unnamed port. */
  readonly name: string;
  readonly protocol: Protocol;
  /** The target port: where the Pod listens. */
  readonly port: number;
}

export interface Endpoint {
  readonly address: IpAddress;
  /** Unset in the object means true. */
  readonly ready: boolean;
  /** Unset in the object means the same as ready. */
  readonly serving: boolean;
  /** Unset in the object means false. */
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  /** To be shown alone: the Pod that `targetRef` names. */
  readonly podName: string | undefined;
  /** Names of `hints.forZones`; empty without hints. */
  readonly hintedZones: readonly string[];
  /** Names of `hints.forNodes`; empty without hints. */
  readonly hintedNodes: readonly string[];
}

export interface Node {
  readonly name: string;
  /** The label `topology.kubernetes.io/zone`. */
  readonly zone: string | undefined;
  /** The annotation, or label, `kube-ipvs.io/weight`: that of the endpoints on it. */
  readonly weight: number | undefined;
  /** `spec.podCIDRs`: the ranges of this node's Pods. */
  readonly podRanges: readonly Cidr[];
  /** It is being deleted, or the cluster autoscaler is about to delete it (KEP-3836). */
  readonly isLeaving: boolean;
  /** The primary address of each family: the first InternalIP, else the first ExternalIP. */
  readonly primaryAddresses: readonly IpAddress[];
  /** All of its InternalIPs and ExternalIPs. */
  readonly addresses: readonly IpAddress[];
}

/** Where API servers answer. */
export interface ApiServerAddress {
  readonly address: IpAddress;
  readonly port: number;
  /**
   * Named by the kubeconfig or `--master`, and not only by the environment of a Pod: that has the
   * cluster IP of `default/kubernetes`, which has to be served.
   */
  readonly isConfigured: boolean;
}

/** `namespace/name`, the key of Services and slices everywhere. */
export function objectKey(object: {
  readonly namespace: string;
  readonly name: string;
}): ObjectKey {
  return `${object.namespace}/${object.name}`;
}
