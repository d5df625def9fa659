/** A Node as far as it matters to other nodes: its name, and the texts of its addresses. */
export interface NamedNode {
  readonly name: string;
  readonly addresses: readonly string[];
}

const none: readonly string[] = Object.freeze([]);

/**
 * Which Node has which address. Of a Node nothing else is kept: 5,000 of them are held on every node
 * of a large cluster.
 */
export class NodeIndex {
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #names = new Map<string, readonly string[]>();

  /** The names of the Nodes that have an address. */
  namesAt(address: string): readonly string[] {
    return this.#names.get(address) ?? none;
  }

  /** Takes a Node as it is now, or without addresses as gone. Returns the addresses that it got or lost. */
  set({ name, addresses }: NamedNode): readonly string[] {
    const before = this.#addresses.get(name) ?? none;
    const lost = before.filter((address) => !addresses.includes(address));
    const got = addresses.filter((address) => !before.includes(address));
    if (lost.length + got.length === 0) {
      // A heartbeat: the same as before.
      return none;
    }
    for (const address of lost) {
      this.#setNames(
        address,
        this.namesAt(address).filter((other) => other !== name),
      );
    }
    for (const address of got) {
      this.#setNames(address, [...this.namesAt(address), name]);
    }
    if (addresses.length === 0) {
      this.#addresses.delete(name);
    } else {
      this.#addresses.set(name, addresses);
    }
    return [...lost, ...got];
  }

  /** Takes a complete list. Returns the addresses that any Node got or lost. */
  replace(nodes: readonly NamedNode[]): readonly string[] {
    const listed = new Set(nodes.map(({ name }) => name));
    const gone = [...this.#addresses.keys()].filter((name) => !listed.has(name));
    return [...gone.map((name) => ({ name, addresses: none })), ...nodes].flatMap((node) =>
      this.set(node),
    );
  }

  #setNames(address: string, names: readonly string[]): void {
    if (names.length === 0) {
      this.#names.delete(address);
    } else {
      this.#names.set(address, names);
    }
  }
}
