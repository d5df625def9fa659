import type { Service } from '../cluster/objects.ts';
import { specialAddress } from '../net/special-address.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { chosenOf, type PortEndpoints } from './endpoints.ts';
import type { Place } from './place.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** How many addresses a problem names; the others are counted. */
const namedAtMost = 5;

/**
 * Keeps endpoints out that would harm the node: loopback, link-local and multicast addresses
 * (the node itself or everybody, and none of them a Pod; CVE-2021-25737), and VIPs of
 * Services (a packet would go round for ever). Collects what it refused.
 */
export class EndpointGuard {
  readonly #place: Place;
  /** The reasons by address; hardly any Service needs one. */
  #refused: Map<string, string> | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Those of the endpoints that may get traffic; the others are kept in mind. */
  admitted(all: readonly PortEndpoints[]): readonly PortEndpoints[] {
    return chosenOf(all, ({ address }) => this.#mayGetTraffic(address));
  }

  #mayGetTraffic(address: IpAddress): boolean {
    const reason = reasonAgainst(address, this.#place);
    if (reason !== undefined) {
      this.#refused ??= new Map();
      this.#refused.set(address.text, reason);
    }
    return reason === undefined;
  }

  /** What is to be told: one problem for all of them. */
  problems(service: Service): readonly ServiceProblem[] {
    if (this.#refused === undefined) {
      return [];
    }
    const named = Array.from(this.#refused, ([address, reason]) => `${address} (${reason})`);
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
function reasonAgainst(address: IpAddress, place: Place): string | undefined {
  return specialAddress(address) ?? (place.isVip(address) ? vipOf(address, place) : undefined);
}

function vipOf(address: IpAddress, place: Place): string {
  const service = place.serviceAt(address);
  return service === undefined ? 'a VIP' : `a VIP of Service ${service}`;
}
