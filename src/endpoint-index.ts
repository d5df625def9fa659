import type { ObjectKey } from './cluster/objects.ts';

/**
 * Which Services have an endpoint at an address, so that a new VIP finds the endpoints that it
 * turns into loops without a walk over all. Most addresses belong to one Service: those take no
 * set of their own.
 */
export class EndpointIndex {
  readonly #services = new Map<string, ObjectKey | Set<ObjectKey>>();
  readonly #addresses = new Map<ObjectKey, Set<string>>();

  /** Replaces the addresses of a Service's endpoints; one that is named twice counts once. */
  replace(service: ObjectKey, addresses: readonly string[]): void {
    const held = this.#addresses.get(service) ?? new Set();
    // What stands first in both, in the same order, stays: mostly that is nearly all.
    let same = 0;
    for (const address of held) {
      if (address !== addresses[same]) {
        break;
      }
      same += 1;
    }
    if (same < held.size) {
      this.#removeOthers(service, held, new Set(addresses));
    }
    for (let index = same; index < addresses.length; index += 1) {
      this.#add(addresses[index], service, held);
    }
    if (held.size === 0) {
      this.#addresses.delete(service);
    } else {
      this.#addresses.set(service, held);
    }
  }

  servicesAt(address: string): readonly ObjectKey[] {
    const services = this.#services.get(address);
    if (services === undefined) {
      return [];
    }
    return typeof services === 'string' ? [services] : [...services];
  }

  #removeOthers(service: ObjectKey, held: Set<string>, kept: ReadonlySet<string>): void {
    for (const address of held) {
      if (!kept.has(address)) {
        held.delete(address);
        this.#remove(address, service);
      }
    }
  }

  #add(address: string | undefined, service: ObjectKey, held: Set<string>): void {
    if (address === undefined || held.has(address)) {
      return;
    }
    held.add(address);
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
