import type { FailureReason } from '../../src/source/api-server/failure.ts';
import type { ReflectorObserver, Request } from '../../src/source/api-server/reflector-observer.ts';
import type { Resource } from '../../src/source/api-server/resource.ts';

/** Counts what reflectors do: `list services`, `services: broken`. */
export class CountingObserver implements ReflectorObserver {
  readonly #counts = new Map<string, number>();

  requested(resource: Resource, request: Request): void {
    this.#add(`${request} ${resource.name}`);
  }

  listed(resource: Resource): void {
    this.#add(`listed ${resource.name}`);
  }

  watchEnded(resource: Resource): void {
    this.#add(`ended ${resource.name}`);
  }

  failed(resource: Resource, _request: Request, reason: FailureReason): void {
    this.#add(`${resource.name}: ${reason}`);
  }

  recovered(resource: Resource): void {
    this.#add(`recovered ${resource.name}`);
  }

  heardAgain(resource: Resource): void {
    this.#add(`heard again ${resource.name}`);
  }

  ended(resource: Resource): void {
    this.#add(`gone ${resource.name}`);
  }

  sent(): void {
    this.#add('sent');
  }

  answered(_host: string, method: string, status: number | 'none'): void {
    this.#add(`${method} ${status}`);
  }

  passedOver(resource: Resource): void {
    this.#add(`passed over ${resource.name}`);
  }

  count(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** All counts, as an object. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  #add(what: string): void {
    this.#counts.set(what, this.count(what) + 1);
  }
}
