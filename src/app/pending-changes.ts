import type { ObjectKey } from '../cluster/objects.ts';
import type { ChangedObject } from '../cluster/store.ts';

/** The Services that wait for a round, by what of them has changed. */
export class PendingChanges {
  readonly #services: Readonly<Record<ChangedObject, Set<ObjectKey>>> = {
    Service: new Set(),
    EndpointSlice: new Set(),
  };

  note(changed: ChangedObject, service: ObjectKey): void {
    this.#services[changed].add(service);
  }

  /** A round takes all of them. */
  taken(): void {
    this.#services.Service.clear();
    this.#services.EndpointSlice.clear();
  }

  count(changed: ChangedObject): number {
    return this.#services[changed].size;
  }
}
