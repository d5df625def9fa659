import type { EndpointSlice, ObjectKey } from './cluster/objects.ts';

/**
 * Which Services have an endpoint at an address, so that a new VIP finds the endpoints that it
 * turns into loops without a walk over all. Most addresses belong to one Service: those take no
 * set of their own.
 */
export class EndpointIndex {
  readonly #services = new Map<string, ObjectKey | Set<ObjectKey>>();

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
        const from = sameAtFirst(slice, after[position]);
        hasRemoved ||= from < slice.endpoints.length;
        this.#removeFrom(from, slice, service);
      }
    }
    for (let position = 0; position < after.length; position += 1) {
      const slice = after[position];
      if (slice !== undefined) {
        // What was removed may still stand elsewhere.
        this.#addFrom(hasRemoved ? 0 : sameAtFirst(slice, before[position]), slice, service);
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
      this.#remove(endpoints[index]?.address.text, service);
    }
  }

  #addFrom(from: number, { endpoints }: EndpointSlice, service: ObjectKey): void {
    for (let index = from; index < endpoints.length; index += 1) {
      this.#add(endpoints[index]?.address.text, service);
    }
  }

  #add(address: string | undefined, service: ObjectKey): void {
    if (address === undefined) {
      return;
    }
    const services = this.#services.get(address);
    if (services === undefined) {
      this.#services.set(address, service);
    } else if (typeof services !== 'string') {
      services.add(service);
    } else if (services !== service) {
      this.#services.set(address, new Set([services, service]));
    }
  }

  #remove(address: string | undefined, service: ObjectKey): void {
    if (address === undefined) {
      return;
    }
    const services = this.#services.get(address);
    if (services === service) {
      this.#services.delete(address);
    } else if (typeof services === 'object') {
      services.delete(service);
      const [only] = services;
      if (services.size === 1 && only !== undefined) {
        this.#services.set(address, only);
      }
    }
  }
}

/** How many endpoints stand first in both slices. */
function sameAtFirst(a: EndpointSlice, b: EndpointSlice | undefined): number {
  let same = 0;
  if (b !== undefined) {
    while (same < a.endpoints.length && a.endpoints[same] === b.endpoints[same]) {
      same += 1;
    }
  }
  return same;
}
