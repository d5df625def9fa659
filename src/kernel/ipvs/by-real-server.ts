/** Something for each of some real servers of virtual servers, by the keys of both. Pure. */
export class ByRealServer<T> {
  readonly #of = new Map<string, Map<string, T>>();

  get isEmpty(): boolean {
    return this.#of.size === 0;
  }

  /** The virtual servers with something for a real server. */
  virtualServers(): readonly string[] {
    return [...this.#of.keys()];
  }

  /** What there is for the real servers of a virtual server. */
  entries(): IterableIterator<
    readonly [virtualServer: string, ofRealServers: ReadonlyMap<string, T>]
  > {
    return this.#of.entries();
  }

  get(virtualServer: string, realServer: string): T | undefined {
    return this.#of.get(virtualServer)?.get(realServer);
  }

  set(virtualServer: string, realServer: string, value: T): void {
    const values = this.#of.get(virtualServer) ?? new Map<string, T>();
    this.#of.set(virtualServer, values);
    values.set(realServer, value);
  }

  /** These are all that there is for this virtual server then; the map is kept. */
  replace(virtualServer: string, values: Map<string, T>): void {
    if (values.size === 0) {
      this.#of.delete(virtualServer);
    } else {
      this.#of.set(virtualServer, values);
    }
  }

  delete(virtualServer: string, realServer: string): void {
    const values = this.#of.get(virtualServer);
    values?.delete(realServer);
    if (values?.size === 0) {
      this.#of.delete(virtualServer);
    }
  }

  deleteAll(virtualServer: string): void {
    this.#of.delete(virtualServer);
  }
}
