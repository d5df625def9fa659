import type { ClusterStore } from '../cluster/store.ts';
import type { Problem } from '../base/problem.ts';

/** Where the cluster's objects come from: it fills a store and keeps it current. */
export interface Source {
  /**
   * Resolves when the store has its first complete list, or when the source is
   * stopped before (`store.synced` tells which). Rejects only when there is no sense
   * in trying again.
   */
  start(store: ClusterStore): Promise<void>;
  /** Ends all activity; the store is left as it is. */
  stop(): Promise<void>;
}

/** Hears of what cannot be used: of a lasting problem once, not at each repetition. */
export type ProblemListener = (problem: Problem) => void;
