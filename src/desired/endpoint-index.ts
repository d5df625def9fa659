import type { EndpointSlice, ObjectKey } from '../cluster/objects.ts';

/**
 * Which Services have an endpoint at an address, so that a new VIP finds the endpoints that it turns
 * into loops without a walk over all. Most addresses belong to one Service: those take no set of their
 * own.
 */
export class EndpointIndex {
  readonly #services = new Map<string, ObjectKey | Set<ObjectKey>>();

  /**
   * Replaces the endpoints of a Service: `before` are its slices as they were given the last time.
   */
  replace(
    service: ObjectKey,
    before: readonly EndpointSlice[],
    after: readonly EndpointSlice[],
  ): void {
    const gone = addressesIn(before);
    for (const { endpoints } of after) {
      for (const { address } of endpoints) {
        if (!gone.delete(address.text)) {
          this.#add(address.text, service);
        }
      }
    }
    for (const address of gone) {
      this.#remove(address, service);
    }
  }

  servicesAt(address: string): readonly ObjectKey[] {
    const services = this.#services.get(address);
    if (services === undefined) {
      return [];
    }
    return typeof services === 'string' ? [services] : [...services];
  }

  #add(address: string, service: ObjectKey): void {
    const services = this.#services.get(address);
    if (services === undefined) {
      this.#services.set(address, service);
    } else if (typeof services !== 'string') {
      services.add(service);
    } else if (services !== service) {
      this.#services.set(address, new Set([services, service]));
    }
  }

  #remove(address: string, service: ObjectKey): void {
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

function addressesIn(slices: readonly EndpointSlice[]): Set<string> {
  const addresses = new Set<string>();
  for (const { endpoints } of slices) {
    for (const { address } of endpoints) {
      addresses.add(address.text);
    }
  }
  return addresses;
}
