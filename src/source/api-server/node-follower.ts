import type { ClusterStore } from '../../cluster/store.ts';
import type { ProblemListener } from '../source.ts';
import type { Clock } from './clock.ts';
import type { FailureReason } from './failure.ts';

export interface NodeFollowerOptions {
  readonly store: ClusterStore;
  readonly clock: Clock;
  readonly onProblem: ProblemListener;
  /**
   * Keeps the store's Nodes current until the signal is aborted; `failed` hears of each request that
   * failed. Never rejects.
   */
  readonly follow: (signal: AbortSignal, failed: (reason: FailureReason) => void) => Promise<void>;
}

/** How long external and load-balancer IPs wait for Nodes that cannot be listed. */
const patienceMs = 30_000;

/** How long Nodes are followed after the last Service with such an IP: another one may come. */
const lingerMs = 300_000;

/**
 * Follows the Nodes while some Service has external or load-balancer IPs, and not else: each Node is
 * large and written all the time. Until they are listed nobody knows which of these IPs are another
 * Node's, and they wait; but not for ever.
 */
export class NodeFollower {
  readonly #options: NodeFollowerOptions;
  #following: AbortController | undefined;
  #lingering: (() => void) | undefined;
  #settled = Promise.withResolvers<undefined>();
  #hasTold = false;

  constructor(options: NodeFollowerOptions) {
    this.#options = options;
  }

  /** Runs until the signal is aborted. Errors are told, never thrown. */
  async run(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const ended = Promise.withResolvers<undefined>();
    const running = new Set<Promise<void>>();
    const adapt = (): void => {
      this.#adapt((work) => {
        running.add(work);
        void work.finally(() => running.delete(work));
      });
    };
    const unsubscribe = store.onChange(({ kind }) => {
      if (kind === 'external VIPs') {
        adapt();
      } else if (kind === 'hosts' && !store.awaitsNodes) {
        this.#settled.resolve(undefined);
      }
    });
    signal.addEventListener('abort', () => {
      ended.resolve(undefined);
    });
    adapt();
    if (!signal.aborted) {
      await ended.promise;
    }
    unsubscribe();
    this.#lingering?.();
    this.#following?.abort(signal.reason);
    this.#settled.resolve(undefined);
    await Promise.all(running);
  }

  /** Resolves once it is known whose addresses are, or that it will not be; at once where nobody asks. */
  async settled(): Promise<void> {
    if (this.#options.store.awaitsNodes) {
      await this.#settled.promise;
    }
  }

  #adapt(keep: (work: Promise<void>) => void): void {
    const { store, clock } = this.#options;
    this.#lingering?.();
    this.#lingering = undefined;
    if (store.hasExternalVips) {
      if (this.#following === undefined) {
        this.#following = new AbortController();
        this.#settled = Promise.withResolvers();
        store.awaitNodes();
        keep(this.#follow(this.#following.signal));
      }
    } else if (this.#following !== undefined) {
      this.#lingering = clock.after(lingerMs, () => {
        this.#following?.abort(new Error('no Service has external or load-balancer IPs'));
        this.#following = undefined;
        store.giveUpNodes();
        store.replaceNamedNodes([]);
      });
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, follow } = this.#options;
    const giveUp = (why: string): void => {
      if (!signal.aborted) {
        this.#giveUp(why);
      }
    };
    const stop = clock.after(patienceMs, () => {
      giveUp(`the Nodes could not be listed within ${patienceMs / 1000} s`);
    });
    await follow(signal, (reason) => {
      if (reason === 'forbidden') {
        giveUp('the Nodes may not be listed (RBAC: list and watch nodes)');
      }
    });
    stop();
  }

  #giveUp(why: string): void {
    const { store, onProblem } = this.#options;
    if (!store.awaitsNodes) {
      return;
    }
    if (!this.#hasTold) {
      this.#hasTold = true;
      onProblem({
        object: 'API server',
        field: '',
        value: undefined,
        allowed: `${why}: until they are, external and load-balancer IPs that are addresses of other Nodes are not refused; name these in kubeIpvs.protectedCIDRs`,
      });
    }
    store.giveUpNodes();
  }
}
