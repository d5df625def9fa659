import type { ClusterStore } from '../../cluster/store.ts';
import type { ProblemListener } from '../source.ts';
import type { Clock } from './clock.ts';
import type { FailureReason } from './failure.ts';
import type { NodeNeed } from './node-needs.ts';

export interface NodeFollowerOptions {
  readonly store: ClusterStore;
  readonly need: NodeNeed;
  readonly clock: Clock;
  readonly onProblem: ProblemListener;
  /**
   * Keeps what is needed of the Nodes current until the signal is aborted; `failed` hears of each request that
   * failed. Never rejects.
   */
  readonly follow: (signal: AbortSignal, failed: (reason: FailureReason) => void) => Promise<void>;
}

/** How long Services wait for Nodes that cannot be listed. */
const patienceMs = 30_000;

/** How long Nodes are followed after the last Service that needs them: another one may come. */
const lingerMs = 300_000;

/**
 * Follows the Nodes while some Service needs something of them, and not else: Nodes are written all the
 * time. Until they are listed such Services wait; but not for ever.
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
    const { store, need } = this.#options;
    const ended = Promise.withResolvers<undefined>();
    const running = new Set<Promise<void>>();
    const adapt = (): void => {
      this.#adapt((work) => {
        running.add(work);
        void work.finally(() => running.delete(work));
      });
    };
    const unsubscribe = store.onChange(({ kind }) => {
      if (kind === need.wantedChange) {
        adapt();
      } else if (kind === need.knownChange && !need.isAwaited()) {
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

  /** Resolves once the Nodes are known, or it is known that they will not be; at once where nobody asks. */
  async settled(): Promise<void> {
    if (this.#options.need.isAwaited()) {
      await this.#settled.promise;
    }
  }

  #adapt(keep: (work: Promise<void>) => void): void {
    const { need, clock } = this.#options;
    this.#lingering?.();
    this.#lingering = undefined;
    if (need.isWanted()) {
      if (this.#following === undefined) {
        this.#following = new AbortController();
        this.#settled = Promise.withResolvers();
        need.await();
        keep(this.#follow(this.#following.signal));
      }
    } else if (this.#following !== undefined) {
      this.#lingering = clock.after(lingerMs, () => {
        this.#following?.abort(new Error('no Service needs the Nodes any more'));
        this.#following = undefined;
        need.giveUp();
        need.forget();
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
    const { need, onProblem } = this.#options;
    if (!need.isAwaited()) {
      return;
    }
    if (!this.#hasTold) {
      this.#hasTold = true;
      onProblem({
        object: 'API server',
        field: '',
        value: undefined,
        allowed: `${why}: until they are, ${need.without}`,
      });
    }
    need.giveUp();
  }
}
