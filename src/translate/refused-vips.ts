import type { Service } from '../cluster/objects.ts';
import type { Cidr } from '../net/cidr.ts';
import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { AddressOwner } from './address-owner.ts';
import type { DecisionRecorder, VipRefusal } from './decisions.ts';
import type { ChosenVipKind } from './front-end.ts';
import type { NodeFacts } from './node-facts.ts';
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
  readonly #node: NodeFacts;
  readonly #settings: VipSettings;
  readonly #recorder: DecisionRecorder | undefined;
  readonly #problems: ServiceProblem[] = [];

  constructor(
    service: Service,
    node: NodeFacts,
    settings: VipSettings,
    recorder?: DecisionRecorder,
  ) {
    this.#recorder = recorder;
    this.#service = service;
    this.#node = node;
    this.#settings = settings;
  }

  get problems(): readonly ServiceProblem[] {
    return this.#problems;
  }

  /** Those of the addresses that may be served; the others are kept in mind. */
  admitted(kind: ChosenVipKind, addresses: readonly IpAddress[]): readonly AdmittedVip[] {
    const admitted: AdmittedVip[] = [];
    const outside = new Set<string>();
    /** Why, by the address. */
    const others = new Map<string, string>();
    for (const address of addresses) {
      const owner = this.#ownerOf(address);
      const why = this.#refusalOf(kind, address, owner);
      if (why === undefined) {
        admitted.push(this.#beside(owner, address, others));
      } else {
        this.#recorder?.record({ about: 'address', kind, address, fate: { kind: 'refused', why } });
        if (why.kind === 'outside the allowed ranges') {
          outside.add(address.text);
        } else if (why.kind !== 'owner not known yet') {
          others.set(address.text, `${address.text} ${formatVipRefusal(why)}`);
        }
      }
    }
    this.#noteOutside(kind, [...outside]);
    this.#noteOthers(kind, others);
    return admitted;
  }

  #refusalOf(
    kind: ChosenVipKind,
    address: IpAddress,
    owner: AddressOwner | undefined,
  ): VipRefusal | undefined {
    const allowed = this.#allowed(kind);
    if (allowed?.some((each) => each.contains(address)) === false) {
      return { kind: 'outside the allowed ranges', of: kind, allowed };
    }
    const range = this.#settings.protectedRanges.find((each) => each.contains(address));
    if (range !== undefined) {
      return { kind: 'protected', range };
    }
    switch (owner?.kind) {
      case undefined:
        return undefined;
      case 'Node':
        return { kind: 'address of a Node', node: owner.name };
      case 'API server':
        return this.#isOwn(address) ? undefined : { kind: 'address of the API server' };
      case 'not known yet':
        return { kind: 'owner not known yet' };
    }
  }

  #allowed(kind: ChosenVipKind): readonly Cidr[] | undefined {
    return kind === 'external IP' ? this.#settings.externalIPs : this.#settings.loadBalancerIPs;
  }

  /** An address of the node's own is nobody else's, but an API server may run here. */
  #ownerOf(address: IpAddress): AddressOwner | undefined {
    const owner = this.#node.ownerOf(address);
    return owner?.kind !== 'API server' && this.#isOwn(address) ? undefined : owner;
  }

  #isOwn(address: IpAddress): boolean {
    return this.#node.nodeAddresses.has(address.text);
  }

  /** The address, but for the ports on which an API server answers there. */
  #beside(
    owner: AddressOwner | undefined,
    address: IpAddress,
    others: Map<string, string>,
  ): AdmittedVip {
    if (owner?.kind !== 'API server') {
      return { address, apiServerPorts: noPorts };
    }
    for (const { protocol, port } of this.#service.ports) {
      if (protocol === 'TCP' && owner.ports.includes(port)) {
        const endpoint = formatEndpoint(address, port);
        others.set(endpoint, `the API server answers at ${endpoint}`);
      }
    }
    return { address, apiServerPorts: owner.ports };
  }

  #noteOutside(kind: ChosenVipKind, refused: readonly string[]): void {
    const { reason, field } = wordsOf[kind];
    if (refused.length > 0) {
      this.#note(reason, {
        field,
        value: named(refused),
        allowed: `${whereAllowed(kind, this.#allowed(kind) ?? [])}; they are left out`,
      });
    }
  }

  #noteOthers(kind: ChosenVipKind, others: ReadonlyMap<string, string>): void {
    const { reason, field, plural } = wordsOf[kind];
    if (others.size > 0) {
      this.#note(reason, {
        field,
        value: named([...others.keys()]),
        allowed: `${plural} must be neither addresses of other hosts nor protected, and ${named([...others.values()]).join(', ')}; they are not served here, and packets to them go where they would go without the Service`,
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

function whereAllowed(kind: ChosenVipKind, allowed: readonly Cidr[]): string {
  const where = allowed.length === 0 ? 'nowhere' : `in ${allowed.map(String).join(', ')} only`;
  const { plural, setting } = wordsOf[kind];
  return `${setting} allows ${plural} ${where}`;
}

/** Goes on from the address: `is an address of Node node-b`. */
export function formatVipRefusal(refusal: VipRefusal): string {
  switch (refusal.kind) {
    case 'outside the allowed ranges':
      return `is outside: ${whereAllowed(refusal.of, refusal.allowed)}`;
    case 'protected':
      return `is in kubeIpvs.protectedCIDRs (${refusal.range.text})`;
    case 'address of a Node':
      return `is an address of Node ${refusal.node}`;
    case 'address of the API server':
      return 'is an address of the API server';
    case 'owner not known yet':
      return 'may be an address of a Node: the Nodes have not been listed yet';
  }
}
