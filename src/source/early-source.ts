import type { ClusterStore } from '../cluster/store.ts';
import type { Source } from './source.ts';

/**
 * A source that has begun to fill its store before anybody waits for that: the cluster is listed
 * while the kernel is opened. An error is told to the one who waits.
 */
export class EarlySource implements Source {
  readonly store: ClusterStore;
  readonly #source: Source;
  readonly #listed: Promise<void>;

  constructor(source: Source, store: ClusterStore) {
    this.store = store;
    this.#source = source;
    this.#listed = source.start(store);
    this.#listed.catch(() => undefined);
  }

  /** Resolves, or rejects, as that of the source. Throws for a store other than the one given. */
  async start(store: ClusterStore): Promise<void> {
    if (store !== this.store) {
      throw new Error('the source fills another store');
    }
    await this.#listed;
  }

  stop(): Promise<void> {
    return this.#source.stop();
  }
}
