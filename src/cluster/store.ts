import { NodeIndex, type NamedNode } from './node-index.ts';
import { NodeWeights, type NodeWeightsChange } from './node-weights.ts';
import {
  objectKey,
  type ApiServerAddress,
  type EndpointSlice,
  type Node,
  type ObjectKey,
  type Service,
} from './objects.ts';
import { sameData } from './same-data.ts';
import { sameSlice } from './same-slice.ts';

/** What of a Service has changed: itself, or a slice of it. */
export type ChangedObject = 'Service' | 'EndpointSlice';

/** What became different in the store; a listener reads the new state from it. */
export type StoreChange =
  /** The Service with this key, or one of its slices. */
  | {
      readonly kind: 'service';
      readonly key: ObjectKey;
      readonly changed: ChangedObject;
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
  /** Some Service has external or load-balancer IPs, or none has any more. */
  | { readonly kind: 'external VIPs' }
  | NodeWeightsChange
  /**
   * Whose these addresses are may have changed: an API server's, another Node's. All of them where
   * they are missing.
   */
  | { readonly kind: 'hosts'; readonly addresses: readonly string[] | undefined }
  /** Services and slices are both complete for the first time. */
  | { readonly kind: 'synced' };

const noSlices: readonly EndpointSlice[] = Object.freeze([]);

/** What is held of one Service: it may come before its slices, or after them. */
interface HeldService {
  readonly key: ObjectKey;
  service: Service | undefined;
  /** Ordered by name. */
  slices: readonly EndpointSlice[];
}

interface HeldSlice {
  readonly owner: HeldService;
  slice: EndpointSlice;
}

/**
 * The part of the cluster that matters to this node, as last heard of. An object that
 * equals the one already held changes nothing and is not announced, so that a list
 * that is fetched again costs no work further on. A slice knows its Service: an ordinary change of
 * it makes no key and looks up nothing but itself.
 */
export class ClusterStore {
  /** Those too of which slices alone are there. */
  readonly #services = new Map<ObjectKey, HeldService>();
  readonly #slices = new Map<ObjectKey, HeldSlice>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #nodes = new NodeIndex();
  #node: Node | undefined;
  #apiServers: readonly ApiServerAddress[] = [];
  #awaitsNodes = false;
  /** How many Services have external or load-balancer IPs. */
  #external = 0;
  /** What the Nodes say of the weights of endpoints. */
  readonly nodeWeights: NodeWeights;
  #servicesListed = false;
  #slicesListed = false;

  /** By default a Service that does not say otherwise asks for the weights of Nodes, or does not. */
  constructor({ nodeWeights } = { nodeWeights: false }) {
    this.nodeWeights = new NodeWeights(nodeWeights, (change) => {
      this.#announce(change);
    });
  }

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

  /** Whether some Service has external or load-balancer IPs: only then the other Nodes matter. */
  get hasExternalVips(): boolean {
    return this.#external > 0;
  }

  /** Whether a list of the Nodes is on its way, so that nobody knows whose an address is. */
  get awaitsNodes(): boolean {
    return this.#awaitsNodes;
  }

  /** Where the program reaches its API server; empty with manifests. */
  get apiServers(): readonly ApiServerAddress[] {
    return this.#apiServers;
  }

  /** The names of the Nodes that have an address, as far as Nodes are followed. */
  nodesAt(address: string): readonly string[] {
    return this.#nodes.namesAt(address);
  }

  service(key: ObjectKey): Service | undefined {
    return this.#services.get(key)?.service;
  }

  /** The keys of all Services that are there. */
  *serviceKeys(): Generator<ObjectKey> {
    for (const { key, service } of this.#services.values()) {
      if (service !== undefined) {
        yield key;
      }
    }
  }

  /** The slices of the Service with this key, ordered by name. */
  slices(serviceKey: ObjectKey): readonly EndpointSlice[] {
    return this.#services.get(serviceKey)?.slices ?? noSlices;
  }

  setService(service: Service, arrivedMs?: number): void {
    const held = this.#heldService(objectKey(service));
    if (!sameData(held.service, service)) {
      const before = held.service;
      held.service = service;
      this.#countExternal(before, service);
      this.nodeWeights.serviceChanged(before, service);
      this.#announce({ kind: 'service', key: held.key, changed: 'Service', arrivedMs });
    }
  }

  deleteService(key: ObjectKey, arrivedMs?: number): void {
    const held = this.#services.get(key);
    if (held?.service !== undefined) {
      const before = held.service;
      held.service = undefined;
      this.#countExternal(before, undefined);
      this.nodeWeights.serviceChanged(before, undefined);
      this.#forgetIfEmpty(held);
      this.#announce({ kind: 'service', key, changed: 'Service', arrivedMs });
    }
  }

  setSlice(news: EndpointSlice, arrivedMs?: number): void {
    const key = objectKey(news);
    const held = this.#slices.get(key);
    if (held?.slice.serviceName === news.serviceName) {
      this.#changeSlice(held, news, arrivedMs);
      return;
    }
    const owner = this.#heldService(serviceKeyOf(news));
    this.#slices.set(key, { owner, slice: news });
    addInOrder(owner, news);
    if (held !== undefined) {
      this.#takeFromOwner(held, arrivedMs);
    }
    this.#announceSlice(owner, news, held?.slice, arrivedMs);
  }

  deleteSlice(key: ObjectKey, arrivedMs?: number): void {
    const held = this.#slices.get(key);
    if (held !== undefined) {
      this.#slices.delete(key);
      this.#takeFromOwner(held, arrivedMs);
    }
  }

  setNode(node: Node | undefined): void {
    if (!sameData(this.#node, node)) {
      this.#node = node;
      this.#announce({ kind: 'node' });
    }
  }

  setApiServers(servers: readonly ApiServerAddress[]): void {
    if (!sameData(this.#apiServers, servers)) {
      const addresses = [...this.#apiServers, ...servers].map(({ address }) => address.text);
      this.#apiServers = servers;
      this.#announce({ kind: 'hosts', addresses: [...new Set(addresses)] });
    }
  }

  /** From now on nobody knows whose an address is, until the Nodes are listed, or given up. */
  awaitNodes(): void {
    this.#awaitsNodes = true;
  }

  /** Nodes cannot be had: addresses are taken for nobody's. */
  giveUpNodes(): void {
    if (this.#awaitsNodes) {
      this.#awaitsNodes = false;
      this.#announce({ kind: 'hosts', addresses: undefined });
    }
  }

  /** Takes another Node as it is now; without addresses it is gone. */
  setNamedNode(node: NamedNode): void {
    this.#announceHosts(this.#nodes.set(node));
  }

  /** Takes a complete list of Nodes: those that it lacks are gone. */
  replaceNamedNodes(nodes: readonly NamedNode[]): void {
    const changed = this.#nodes.replace(nodes);
    this.giveUpNodes();
    this.#announceHosts(changed);
  }

  #announceHosts(addresses: readonly string[]): void {
    if (addresses.length > 0) {
      this.#announce({ kind: 'hosts', addresses });
    }
  }

  /** Takes a complete list: Services that it lacks are gone. */
  replaceServices(services: readonly Service[]): void {
    const listed = new Set(services.map(objectKey));
    services.forEach((service) => {
      this.setService(service);
    });
    absent(this.serviceKeys(), listed).forEach((key) => {
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

  #countExternal(before: Service | undefined, after: Service | undefined): void {
    const had = this.hasExternalVips;
    this.#external += Number(isExternal(after)) - Number(isExternal(before));
    if (had !== this.hasExternalVips) {
      this.#announce({ kind: 'external VIPs' });
    }
  }

  #markListed(mark: () => void): void {
    const wasSynced = this.synced;
    mark();
    if (this.synced && !wasSynced) {
      this.#announce({ kind: 'synced' });
    }
  }

  /** The ordinary change: other endpoints, or the same ones, of the same Service. */
  #changeSlice(held: HeldSlice, slice: EndpointSlice, arrivedMs: number | undefined): void {
    const { owner, slice: before } = held;
    if (sameSlice(slice, before)) {
      return;
    }
    held.slice = slice;
    owner.slices = owner.slices.with(owner.slices.indexOf(before), slice);
    this.#announceSlice(owner, slice, before, arrivedMs);
  }

  #announceSlice(
    { key }: HeldService,
    { triggeredAt }: EndpointSlice,
    before: EndpointSlice | undefined,
    arrivedMs: number | undefined,
  ): void {
    const isNews = triggeredAt !== before?.triggeredAt;
    this.#announce({
      kind: 'service',
      key,
      changed: 'EndpointSlice',
      arrivedMs,
      triggeredAt: isNews ? triggeredAt : undefined,
    });
  }

  #heldService(key: ObjectKey): HeldService {
    const known = this.#services.get(key);
    if (known !== undefined) {
      return known;
    }
    const held = { key, service: undefined, slices: noSlices };
    this.#services.set(key, held);
    return held;
  }

  #takeFromOwner({ owner, slice }: HeldSlice, arrivedMs: number | undefined): void {
    owner.slices = owner.slices.filter(({ name }) => name !== slice.name);
    this.#forgetIfEmpty(owner);
    this.#announce({ kind: 'service', key: owner.key, changed: 'EndpointSlice', arrivedMs });
  }

  #forgetIfEmpty({ key, service, slices }: HeldService): void {
    if (service === undefined && slices.length === 0) {
      this.#services.delete(key);
    }
  }

  #announce(change: StoreChange): void {
    this.#listeners.forEach((listener) => {
      listener(change);
    });
  }
}

function addInOrder(owner: HeldService, slice: EndpointSlice): void {
  const others = owner.slices;
  const after = others.findIndex((other) => other.name > slice.name);
  const position = after === -1 ? others.length : after;
  owner.slices = others.toSpliced(position, 0, slice);
}

function isExternal(service: Service | undefined): boolean {
  return service !== undefined && service.externalIPs.length + service.loadBalancerIPs.length > 0;
}

/** A slice belongs to a Service of its own namespace. */
function serviceKeyOf(slice: EndpointSlice): ObjectKey {
  return objectKey({ namespace: slice.namespace, name: slice.serviceName });
}

function absent(held: Iterable<ObjectKey>, listed: ReadonlySet<ObjectKey>): ObjectKey[] {
  return [...held].filter((key) => !listed.has(key));
}
