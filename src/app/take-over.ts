import { asError } from '../base/as-error.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { startInterval } from '../base/time/timers.ts';
import type { KubeProxySeen } from '../kernel/takeover/kube-proxy-seen.ts';

/** How long no kube-proxy may have been seen, in milliseconds: its Pod may be started again. */
const quietMs = 60_000;
const lookEveryMs = 10_000;

/** What the take-over looks at and does. */
export interface TakeOverParts {
  /** Whether the node is served without kube-proxy's rules now. */
  isReady(): boolean;
  look(): Promise<KubeProxySeen>;
  /** Removes what kube-proxy has left; each thing that went, as a line. */
  remove(): Promise<readonly string[]>;
}

export interface TakeOverListener {
  /** kube-proxy still runs, or runs again. */
  waits(seen: Extract<KubeProxySeen, { readonly kind: 'runs' }>): void;
  /** Of what went, each thing as a line; none where kube-proxy had left nothing. */
  done(removed: readonly string[], isCertain: boolean): void;
  failed(error: Error): void;
}

/**
 * Removes what kube-proxy has left once this program serves the node and no kube-proxy was seen for a minute;
 * each time that one is seen the minute begins anew. What failed is tried again after another minute.
 */
export class TakeOver {
  readonly #parts: TakeOverParts;
  readonly #listener: TakeOverListener;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  /** By the monotonic clock; undefined while a kube-proxy is seen. */
  #quietSinceMs: number | undefined;
  #isLooking = false;
  #told: string | undefined;

  constructor(parts: TakeOverParts, listener: TakeOverListener, now: () => number = monotonicMs) {
    this.#parts = parts;
    this.#listener = listener;
    this.#now = now;
  }

  /** Does nothing the second time. */
  start(): void {
    this.#timer ??= startInterval(() => void this.look(), lookEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One look; never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    try {
      await this.#look();
    } catch (error) {
      this.#quietSinceMs = undefined;
      this.#listener.failed(asError(error));
    }
    this.#isLooking = false;
  }

  async #look(): Promise<void> {
    const seen = await this.#parts.look();
    if (seen.kind === 'runs') {
      this.#quietSinceMs = undefined;
      if (this.#told !== seen.how) {
        this.#told = seen.how;
        this.#listener.waits(seen);
      }
      return;
    }
    this.#told = undefined;
    this.#quietSinceMs ??= this.#now();
    if (this.#now() - this.#quietSinceMs >= quietMs && this.#parts.isReady()) {
      const removed = await this.#parts.remove();
      this.stop();
      this.#listener.done(removed, seen.isCertain);
    }
  }
}
