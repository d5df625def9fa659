import {
  objectKey,
  type EndpointSlice,
  type Node,
  type ObjectKey,
  type Service,
} from './objects.ts';
import { sameData } from './same-data.ts';
import { sharedSlice } from './shared-slice.ts';

/** What became different in the store; a listener reads the new state from it. */
export type StoreChange =
  /** The Service with this key, or one of its slices. */
  | {
      readonly kind: 'service';
      readonly key: ObjectKey;
      /**
       * When the news of it arrived, in milliseconds of performance.now; undefined where
       * nothing happened just then: with a list, or a manifest.
       */
      readonly arrivedMs: number | undefined;
      /** When the Pod behind it changed, in milliseconds since 1970, where that is known. */
      readonly triggeredAt?: number | undefined;
    }
  /** The own Node: it concerns every Service. */
  | { readonly kind: 'node' }
  /** Services and slices are both complete for the first time. */
  | { readonly kind: 'synced' };

const noSlices: readonly EndpointSlice[] = Object.freeze([]);

/**
 * The part of the cluster that matters to this node, as last heard of. An object that
 * equals the one already held changes nothing and is not announced, so that a list
 * that is fetched again costs no work further on.
 */
export class ClusterStore {
  readonly #services = new Map<ObjectKey, Service>();
  readonly #slices = new Map<ObjectKey, EndpointSlice>();
  readonly #slicesOfService = new Map<ObjectKey, readonly EndpointSlice[]>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #node: Node | undefined;
  #servicesListed = false;
  #slicesListed = false;

  /** Calls the listener after each change, in the same tick. Answers the way to end that. */
  onChange(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether both Services and slices have been listed completely at least once. */
  get synced(): boolean {
    return this.#servicesListed && this.#slicesListed;
  }

  /** The Node that this program runs on; undefined while it is not known. */
  get node(): Node | undefined {
    return this.#node;
  }

  service(key: ObjectKey): Service | undefined {
    return this.#services.get(key);
  }

  serviceKeys(): IterableIterator<ObjectKey> {
    return this.#services.keys();
  }

  /** The slices of the Service with this key, ordered by name. */
  slices(serviceKey: ObjectKey): readonly EndpointSlice[] {
    return this.#slicesOfService.get(serviceKey) ?? noSlices;
  }

  setService(service: Service, arrivedMs?: number): void {
    const key = objectKey(service);
    if (!sameData(this.#services.get(key), service)) {
      this.#services.set(key, service);
      this.#announce({ kind: 'service', key, arrivedMs });
    }
  }

  deleteService(key: ObjectKey, arrivedMs?: number): void {
    if (this.#services.delete(key)) {
      this.#announce({ kind: 'service', key, arrivedMs });
    }
  }

  setSlice(news: EndpointSlice, arrivedMs?: number): void {
    const key = objectKey(news);
    const held = this.#slices.get(key);
    const slice = sharedSlice(news, held);
    if (slice === held) {
      return;
    }
    this.#slices.set(key, slice);
    const serviceKey = serviceKeyOf(slice);
    if (held?.serviceName === slice.serviceName) {
      this.#replaceInIndex(serviceKey, held, slice);
    } else {
      this.#addToIndex(serviceKey, slice);
      if (held !== undefined) {
        const previousKey = serviceKeyOf(held);
        this.#removeFromIndex(previousKey, held.name);
        this.#announce({ kind: 'service', key: previousKey, arrivedMs });
      }
    }
    const isNews = slice.triggeredAt !== held?.triggeredAt;
    const triggeredAt = isNews ? slice.triggeredAt : undefined;
    this.#announce({ kind: 'service', key: serviceKey, arrivedMs, triggeredAt });
  }

  deleteSlice(key: ObjectKey, arrivedMs?: number): void {
    const held = this.#slices.get(key);
    if (held !== undefined) {
      this.#slices.delete(key);
      const serviceKey = serviceKeyOf(held);
      this.#removeFromIndex(serviceKey, held.name);
      this.#announce({ kind: 'service', key: serviceKey, arrivedMs });
    }
  }

  setNode(node: Node | undefined): void {
    if (!sameData(this.#node, node)) {
      this.#node = node;
      this.#announce({ kind: 'node' });
    }
  }

  /** Takes a complete list: Services that it lacks are gone. */
  replaceServices(services: readonly Service[]): void {
    const listed = new Set(services.map(objectKey));
    services.forEach((service) => {
      this.setService(service);
    });
    absent(this.#services.keys(), listed).forEach((key) => {
      this.deleteService(key);
    });
    this.#markListed(() => {
      this.#servicesListed = true;
    });
  }

  /** Takes a complete list: slices that it lacks are gone. */
  replaceSlices(slices: readonly EndpointSlice[]): void {
    const listed = new Set(slices.map(objectKey));
    slices.forEach((slice) => {
      this.setSlice(slice);
    });
    absent(this.#slices.keys(), listed).forEach((key) => {
      this.deleteSlice(key);
    });
    this.#markListed(() => {
      this.#slicesListed = true;
    });
  }

  #markListed(mark: () => void): void {
    const wasSynced = this.synced;
    mark();
    if (this.synced && !wasSynced) {
      this.#announce({ kind: 'synced' });
    }
  }

  #replaceInIndex(serviceKey: ObjectKey, held: EndpointSlice, slice: EndpointSlice): void {
    const slices = this.slices(serviceKey);
    this.#slicesOfService.set(serviceKey, slices.with(slices.indexOf(held), slice));
  }

  #addToIndex(serviceKey: ObjectKey, slice: EndpointSlice): void {
    const others = this.slices(serviceKey);
    const after = others.findIndex((other) => other.name > slice.name);
    const position = after === -1 ? others.length : after;
    this.#slicesOfService.set(serviceKey, others.toSpliced(position, 0, slice));
  }

  #removeFromIndex(serviceKey: ObjectKey, sliceName: string): void {
    const others = this.slices(serviceKey).filter((other) => other.name !== sliceName);
    if (others.length === 0) {
      this.#slicesOfService.delete(serviceKey);
    } else {
      this.#slicesOfService.set(serviceKey, others);
    }
  }

  #announce(change: StoreChange): void {
    this.#listeners.forEach((listener) => {
      listener(change);
    });
  }
}

/** A slice belongs to a Service of its own namespace. */
function serviceKeyOf(slice: EndpointSlice): ObjectKey {
  return objectKey({ namespace: slice.namespace, name: slice.serviceName });
}

function absent(held: Iterable<ObjectKey>, listed: ReadonlySet<ObjectKey>): ObjectKey[] {
  return [...held].filter((key) => !listed.has(key));
}
