import type { Service } from '../cluster/objects.ts';
import { specialAddress } from '../net/special-address.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { EndpointRefusal } from './decisions.ts';
import type { EndpointNotes } from './endpoint-notes.ts';
import { chosenOf, type PortEndpoints } from './endpoints.ts';
import type { NodeFacts } from './node-facts.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** How many addresses a problem names; the others are counted. */
const namedAtMost = 5;

/**
 * Keeps endpoints out that would harm the node: loopback, link-local and multicast addresses
 * (the node itself or everybody, and none of them a Pod; CVE-2021-25737), and VIPs of
 * Services (a packet would go round for ever). Collects what it refused.
 */
export class EndpointGuard {
  readonly #node: NodeFacts;
  /** The reasons by address; hardly any Service needs one. */
  #refused: Map<string, EndpointRefusal> | undefined;

  constructor(node: NodeFacts) {
    this.#node = node;
  }

  /** Those of the endpoints that may get traffic; the others are kept in mind. */
  admitted(all: readonly PortEndpoints[], notes?: EndpointNotes): readonly PortEndpoints[] {
    const admitted = chosenOf(all, ({ address }) => this.#mayGetTraffic(address));
    notes?.leftOut(all, admitted, ({ address }) => {
      const why = this.#refused?.get(address.text);
      return why && { kind: 'refused', why };
    });
    return admitted;
  }

  #mayGetTraffic(address: IpAddress): boolean {
    const refusal = refusalOf(address, this.#node);
    if (refusal !== undefined) {
      this.#refused ??= new Map();
      this.#refused.set(address.text, refusal);
    }
    return refusal === undefined;
  }

  /** What is to be told: one problem for all of them. */
  problems(service: Service): readonly ServiceProblem[] {
    if (this.#refused === undefined) {
      return [];
    }
    const named = Array.from(
      this.#refused,
      ([address, refusal]) => `${address} (${formatEndpointRefusal(refusal)})`,
    );
    const more = named.length - namedAtMost;
    return [
      serviceProblem(service, 'EndpointRefused', {
        field: 'endpoints',
        value: [...named.slice(0, namedAtMost), ...(more > 0 ? [`and ${more} more`] : [])],
        allowed:
          'an endpoint must be the address of a host and no VIP of a Service; they get no traffic',
      }),
    ];
  }
}

/** Why an address may get no traffic; undefined where it may. */
function refusalOf(address: IpAddress, node: NodeFacts): EndpointRefusal | undefined {
  const special = specialAddress(address);
  if (special !== undefined) {
    return { kind: 'special address', special };
  }
  return node.isVip(address) ? { kind: 'VIP', service: node.serviceAt(address) } : undefined;
}

/** `loopback`, `a VIP of Service default/web`. */
export function formatEndpointRefusal(refusal: EndpointRefusal): string {
  switch (refusal.kind) {
    case 'special address':
      return refusal.special;
    case 'VIP':
      return refusal.service === undefined ? 'a VIP' : `a VIP of Service ${refusal.service}`;
  }
}
