import type { Endpoint, EndpointSlice, ObjectKey } from './cluster/objects.ts';
import { sameAtFirst } from './cluster/shared-slice.ts';
import type { IpAddress } from './net/ip-address.ts';
import type { VipRanges } from './vip-ranges.ts';

const noEndpoints: readonly Endpoint[] = [];

/**
 * Which Services have an endpoint at an address that may become a VIP, so that a new VIP finds the
 * endpoints that it turns into loops without a walk over all. Endpoints outside the ranges of VIPs are
 * left out: nearly all are. Most addresses belong to one Service: those take no set of their own.
 */
export class EndpointIndex {
  readonly #ranges: VipRanges;
  readonly #services = new Map<string, ObjectKey | Set<ObjectKey>>();

  /** After a VIP in a new range, all Services are to be `add`ed once more. */
  constructor(ranges: VipRanges) {
    this.#ranges = ranges;
  }

  /** Takes in the endpoints of a Service, with those that it has left out before. */
  add(service: ObjectKey, slices: readonly EndpointSlice[]): void {
    for (const slice of slices) {
      this.#addFrom(0, slice, service);
    }
  }

  /**
   * Replaces the endpoints of a Service: `before` are its slices as they were given the last time.
   * The endpoints that stand first in both are passed over by identity: mostly that is nearly all.
   */
  replace(
    service: ObjectKey,
    before: readonly EndpointSlice[],
    after: readonly EndpointSlice[],
  ): void {
    let hasRemoved = false;
    // By index: what `forEach` takes would be garbage of each change.
    for (let position = 0; position < before.length; position += 1) {
      const slice = before[position];
      if (slice !== undefined) {
        const from = sameAtFirst(slice.endpoints, after[position]?.endpoints ?? noEndpoints);
        hasRemoved ||= from < slice.endpoints.length;
        this.#removeFrom(from, slice, service);
      }
    }
    for (let position = 0; position < after.length; position += 1) {
      const slice = after[position];
      if (slice !== undefined) {
        // What was removed may still stand elsewhere.
        this.#addFrom(
          hasRemoved ? 0 : sameAtFirst(slice.endpoints, before[position]?.endpoints ?? noEndpoints),
          slice,
          service,
        );
      }
    }
  }

  servicesAt(address: string): readonly ObjectKey[] {
    const services = this.#services.get(address);
    if (services === undefined) {
      return [];
    }
    return typeof services === 'string' ? [services] : [...services];
  }

  #removeFrom(from: number, { endpoints }: EndpointSlice, service: ObjectKey): void {
    for (let index = from; index < endpoints.length; index += 1) {
      this.#remove(endpoints[index]?.address, service);
    }
  }

  #addFrom(from: number, { endpoints }: EndpointSlice, service: ObjectKey): void {
    for (let index = from; index < endpoints.length; index += 1) {
      this.#add(endpoints[index]?.address, service);
    }
  }

  #add(address: IpAddress | undefined, service: ObjectKey): void {
    if (address === undefined || !this.#ranges.mayHold(address)) {
      return;
    }
    const { text } = address;
    const services = this.#services.get(text);
    if (services === undefined) {
      this.#services.set(text, service);
    } else if (typeof services !== 'string') {
      services.add(service);
    } else if (services !== service) {
      this.#services.set(text, new Set([services, service]));
    }
  }

  #remove(address: IpAddress | undefined, service: ObjectKey): void {
    if (address === undefined || !this.#ranges.mayHold(address)) {
      return;
    }
    const { text } = address;
    const services = this.#services.get(text);
    if (services === service) {
      this.#services.delete(text);
    } else if (typeof services === 'object') {
      services.delete(service);
      const [only] = services;
      if (services.size === 1 && only !== undefined) {
        this.#services.set(text, only);
      }
    }
  }
}
