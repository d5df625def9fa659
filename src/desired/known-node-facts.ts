import type { Node } from '../cluster/objects.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { nodePortAddressesOf, type NodePortAddresses } from '../translate/node-addresses.ts';
import type { NodeFacts } from '../translate/node-facts.ts';
import type { Scheduler } from '../kernel/ipvs/schedulers.ts';

/** What is asked anew each time, so that the place stays the same when it changes. */
export type KnownAddresses = Pick<
  NodeFacts,
  'isVip' | 'serviceAt' | 'ownerOf' | 'nodeWeight' | 'outliersOf' | 'markOf'
>;

/**
 * What is known of this node, put together from the Node object, the kernel's addresses and
 * what the kernel was found to lack.
 */
export class KnownNodeFacts {
  readonly #nodeName: string;
  readonly #nodePortAddresses: NodePortAddresses;
  readonly #known: KnownAddresses;
  #missingSchedulers: ReadonlySet<Scheduler> = new Set();
  #node: Node | undefined;
  #nodeAddresses: readonly IpAddress[] = [];
  #current: NodeFacts | undefined;

  constructor(nodeName: string, nodePortAddresses: NodePortAddresses, known: KnownAddresses) {
    this.#nodeName = nodeName;
    this.#nodePortAddresses = nodePortAddresses;
    this.#known = known;
  }

  /** Another object whenever something of it has changed. */
  get current(): NodeFacts {
    this.#current ??= {
      nodeName: this.#nodeName,
      zone: this.#node?.zone,
      allNodeAddresses: this.#nodeAddresses,
      nodeAddresses: new Set(this.#nodeAddresses.map(({ text }) => text)),
      nodePortAddresses: nodePortAddressesOf(
        this.#nodeAddresses,
        this.#node?.primaryAddresses ?? [],
        this.#nodePortAddresses,
      ),
      missingSchedulers: this.#missingSchedulers,
      ...this.#known,
    };
    return this.#current;
  }

  setNode(node: Node | undefined): void {
    this.#node = node;
    this.#current = undefined;
  }

  setNodeAddresses(addresses: readonly IpAddress[]): void {
    this.#nodeAddresses = addresses;
    this.#current = undefined;
  }

  /** Returns whether that is news. */
  addMissingScheduler(scheduler: Scheduler): boolean {
    const isNews = !this.#missingSchedulers.has(scheduler);
    this.#missingSchedulers = new Set([...this.#missingSchedulers, scheduler]);
    this.#current = undefined;
    return isNews;
  }

  /** The kernel may have been given modules; returns whether any scheduler was missing. */
  forgetMissingSchedulers(): boolean {
    const hadSome = this.#missingSchedulers.size > 0;
    this.#missingSchedulers = new Set();
    this.#current = undefined;
    return hadSome;
  }
}
