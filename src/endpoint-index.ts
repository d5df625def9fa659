import type { ObjectKey } from './cluster/objects.ts';

/**
 * Which Services have an endpoint at an address, so that a new VIP finds the endpoints that it
 * turns into loops without a walk over all. Most addresses belong to one Service: those take no
 * set of their own.
 */
export class EndpointIndex {
  readonly #services = new Map<string, ObjectKey | Set<ObjectKey>>();
  readonly #addresses = new Map<ObjectKey, ReadonlySet<string>>();

  /** Replaces the addresses of a Service's endpoints. */
  replace(service: ObjectKey, addresses: ReadonlySet<string>): void {
    const before = this.#addresses.get(service) ?? new Set();
    for (const address of before) {
      if (!addresses.has(address)) {
        this.#remove(address, service);
      }
    }
    for (const address of addresses) {
      if (!before.has(address)) {
        this.#add(address, service);
      }
    }
    if (addresses.size === 0) {
      this.#addresses.delete(service);
    } else {
      this.#addresses.set(service, addresses);
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
    } else if (typeof services === 'string') {
      this.#services.set(address, new Set([services, service]));
    } else {
      services.add(service);
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
