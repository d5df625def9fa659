import { monotonicMs } from '../../base/time/monotonic-clock.ts';
import { wallClockMs } from '../../base/time/wall-clock.ts';

/**
 * Whether this program does its work: it can read and write the kernel, and has read the whole of it
 * not long ago. What the kernel says of one Service alone does not count, nor what it cannot do at
 * all. Durations are of the monotonic clock.
 */
export class ProxyHealth {
  readonly #limitMs: number;
  readonly #now: () => number;
  readonly #wallClock: () => number;
  /** Since when which part of the kernel could not be read or written. */
  readonly #failingSince = new Map<string, number>();
  #unwritable: readonly string[] = [];
  #lastReadMs: number | undefined;
  #lastSyncAtMs: number | undefined;

  /** As with kube-proxy, two missed periods are too many. Both clocks in milliseconds. */
  constructor(
    auditEveryMs: number,
    now: () => number = monotonicMs,
    wallClock: () => number = wallClockMs,
  ) {
    this.#limitMs = 2 * auditEveryMs;
    this.#now = now;
    this.#wallClock = wallClock;
  }

  /** The whole kernel was read. */
  kernelRead(): void {
    this.#lastReadMs = this.#now();
  }

  /** These kinds of objects cannot be written, and all others can. */
  unwritable(kinds: readonly string[]): void {
    this.#unwritable
      .filter((kind) => !kinds.includes(kind))
      .forEach((kind) => {
        this.works(kind);
      });
    kinds.forEach((kind) => {
      this.fails(kind);
    });
    this.#unwritable = kinds;
  }

  /** A part of the kernel can be read or written. */
  works(part: string): void {
    this.#failingSince.delete(part);
  }

  /** A part of the kernel cannot be read or written, for a reason that is no matter of one object. */
  fails(part: string): void {
    if (!this.#failingSince.has(part)) {
      this.#failingSince.set(part, this.#now());
    }
  }

  /**
   * A round is over. Returns whether the kernel is equal to the cluster then, as far as can be told:
   * not while a part of it cannot be read or written.
   */
  roundEnded(): boolean {
    const isInSync = this.#failingSince.size === 0;
    if (isInSync) {
      this.#lastSyncAtMs = this.#wallClock();
    }
    return isInSync;
  }

  /** True once the kernel was equal to the cluster. */
  get ready(): boolean {
    return this.#lastSyncAtMs !== undefined;
  }

  /** Nothing has failed for two periods: a new process would do no better. True at the start. */
  get alive(): boolean {
    const nowMs = this.#now();
    const isOverdue = (sinceMs: number): boolean => nowMs - sinceMs > this.#limitMs;
    return (
      ![...this.#failingSince.values()].some(isOverdue) &&
      (this.#lastReadMs === undefined || !isOverdue(this.#lastReadMs))
    );
  }

  /** Ready and alive. */
  get healthy(): boolean {
    return this.ready && this.alive;
  }

  /** What of the kernel can be neither read nor written now. */
  get failingParts(): readonly string[] {
    return [...this.#failingSince.keys()];
  }

  /** When the kernel was last equal to the cluster, in milliseconds since 1970. */
  get lastSyncAtMs(): number | undefined {
    return this.#lastSyncAtMs;
  }
}
