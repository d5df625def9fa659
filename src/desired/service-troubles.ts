import type { EndpointSlice, ObjectKey, Service, UnreadField } from '../cluster/objects.ts';

/** What is wrong with a Service besides its `ServiceProblem`s. */
export type ServiceTrouble =
  | { readonly kind: 'unread field'; readonly service: ObjectKey; readonly field: UnreadField }
  /** This program fails at it, which should not be. */
  | { readonly kind: 'mistake'; readonly service: ObjectKey; readonly error: Error };

/** Which fields of Services and their slices could not be read, and which Services are failed at. */
export class ServiceTroubles {
  readonly #unread = new Map<ObjectKey, readonly UnreadField[]>();
  readonly #mistakes = new Map<ObjectKey, Error>();

  /** The Service was translated, from these. */
  translated(key: ObjectKey, service: Service, slices: readonly EndpointSlice[]): void {
    this.#mistakes.delete(key);
    const unread = [service, ...slices].flatMap((object) => object.unread ?? []);
    if (unread.length === 0) {
      this.#unread.delete(key);
    } else {
      this.#unread.set(key, unread);
    }
  }

  mistaken(key: ObjectKey, error: Error): void {
    this.#mistakes.set(key, error);
  }

  /** The Service is gone. */
  forget(key: ObjectKey): void {
    this.#mistakes.delete(key);
    this.#unread.delete(key);
  }

  /** Those that last. */
  *all(): Generator<ServiceTrouble> {
    for (const [service, error] of this.#mistakes) {
      yield { kind: 'mistake', service, error };
    }
    for (const [service, fields] of this.#unread) {
      for (const field of fields) {
        yield { kind: 'unread field', service, field };
      }
    }
  }
}
