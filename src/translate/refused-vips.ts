import type { Service } from '../cluster/objects.ts';
import type { Cidr } from '../net/cidr.ts';
import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { AddressOwner } from './address-owner.ts';
import type { Place } from './place.ts';
import {
  serviceProblem,
  type ServiceProblem,
  type ServiceProblemReason,
} from './service-problem.ts';

/** Where VIPs may be that no cluster allocates, as the configuration says. */
export interface VipSettings {
  /** Where external IPs may come from; undefined for anywhere. */
  readonly externalIPs: readonly Cidr[] | undefined;
  /** Where load-balancer IPs may come from; undefined for anywhere. */
  readonly loadBalancerIPs: readonly Cidr[] | undefined;
  /** Where no external or load-balancer IP is served, whoever asks for it. */
  readonly protectedRanges: readonly Cidr[];
}

/** The VIPs that others choose: by the Service's spec, or by its status. */
export type ChosenVipKind = 'external IP' | 'load-balancer IP';

/** A VIP that may be served, but for the TCP ports on which an API server answers there. */
export interface AdmittedVip {
  readonly address: IpAddress;
  readonly apiServerPorts: readonly number[];
}

interface Words {
  readonly reason: ServiceProblemReason;
  readonly field: string;
  readonly plural: string;
  readonly setting: string;
}

const wordsOf: Readonly<Record<ChosenVipKind, Words>> = {
  'external IP': {
    reason: 'ExternalIPRefused',
    field: 'spec.externalIPs',
    plural: 'external IPs',
    setting: 'kubeIpvs.externalIPCIDRs',
  },
  'load-balancer IP': {
    reason: 'LoadBalancerIPRefused',
    field: 'status.loadBalancer.ingress',
    plural: 'load-balancer IPs',
    setting: 'kubeIpvs.loadBalancerIPCIDRs',
  },
};

/**
 * How many addresses a problem names. k3s writes the addresses of all Nodes into the status; how many
 * the others are is left out, or each Node that comes would be told by all nodes.
 */
const namedAtMost = 5;

const noPorts: readonly number[] = [];

/**
 * Keeps addresses out that are somebody else's. Whoever may write a Service, or its status, could else
 * take an API server or another Node away from this node, and with it the news that the Service is
 * gone. An address of the node's own stays, but for the port on which an API server answers there.
 */
export class VipGuard {
  readonly #service: Service;
  readonly #place: Place;
  readonly #settings: VipSettings;
  readonly #problems: ServiceProblem[] = [];

  constructor(service: Service, place: Place, settings: VipSettings) {
    this.#service = service;
    this.#place = place;
    this.#settings = settings;
  }

  get problems(): readonly ServiceProblem[] {
    return this.#problems;
  }

  /** Those of the addresses that may be served; the others are kept in mind. */
  admitted(kind: ChosenVipKind, addresses: readonly IpAddress[]): readonly AdmittedVip[] {
    const allowed =
      kind === 'external IP' ? this.#settings.externalIPs : this.#settings.loadBalancerIPs;
    const admitted: AdmittedVip[] = [];
    const outside = new Set<string>();
    /** Why, by the address. */
    const others = new Map<string, string>();
    for (const address of addresses) {
      const owner = this.#ownerOf(address);
      const range = this.#settings.protectedRanges.find((each) => each.contains(address));
      if (allowed?.some((each) => each.contains(address)) === false) {
        outside.add(address.text);
      } else if (range !== undefined) {
        others.set(address.text, `${address.text} is in kubeIpvs.protectedCIDRs (${range.text})`);
      } else if (owner === undefined) {
        admitted.push({ address, apiServerPorts: noPorts });
      } else if (owner.kind === 'Node') {
        others.set(address.text, `${address.text} is an address of Node ${owner.name}`);
      } else if (owner.kind === 'API server') {
        this.#admitBesideApiServer(address, owner.ports, admitted, others);
      }
    }
    this.#noteOutside(kind, [...outside], allowed ?? []);
    this.#noteOthers(kind, others);
    return admitted;
  }

  /** An address of the node's own is nobody else's, but an API server may run here. */
  #ownerOf(address: IpAddress): AddressOwner | undefined {
    const owner = this.#place.ownerOf(address);
    return owner?.kind !== 'API server' && this.#isOwn(address) ? undefined : owner;
  }

  #isOwn(address: IpAddress): boolean {
    return this.#place.nodeAddresses.has(address.text);
  }

  #admitBesideApiServer(
    address: IpAddress,
    ports: readonly number[],
    admitted: AdmittedVip[],
    others: Map<string, string>,
  ): void {
    if (!this.#isOwn(address)) {
      others.set(address.text, `${address.text} is an address of the API server`);
      return;
    }
    admitted.push({ address, apiServerPorts: ports });
    for (const { protocol, port } of this.#service.ports) {
      if (protocol === 'TCP' && ports.includes(port)) {
        const endpoint = formatEndpoint(address, port);
        others.set(endpoint, `the API server answers at ${endpoint}`);
      }
    }
  }

  #noteOutside(kind: ChosenVipKind, refused: readonly string[], allowed: readonly Cidr[]): void {
    const { reason, field, plural, setting } = wordsOf[kind];
    const where = allowed.length === 0 ? 'nowhere' : `in ${allowed.map(String).join(', ')} only`;
    if (refused.length > 0) {
      this.#note(reason, {
        field,
        value: named(refused),
        allowed: `${setting} allows ${plural} ${where}; they are left out`,
      });
    }
  }

  #noteOthers(kind: ChosenVipKind, others: ReadonlyMap<string, string>): void {
    const { reason, field, plural } = wordsOf[kind];
    if (others.size > 0) {
      this.#note(reason, {
        field,
        value: named([...others.keys()]),
        allowed: `${plural} must be nobody else's address, and ${named([...others.values()]).join(', ')}; they are left out here, and packets to them go where they would go without the Service`,
      });
    }
  }

  #note(
    reason: ServiceProblemReason,
    what: { readonly field: string; readonly value: unknown; readonly allowed: string },
  ): void {
    this.#problems.push(serviceProblem(this.#service, reason, what));
  }
}

function named(all: readonly string[]): readonly string[] {
  return all.length <= namedAtMost ? all : [...all.slice(0, namedAtMost), 'and others'];
}
