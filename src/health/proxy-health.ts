/**
 * Whether this program does its work: the kernel was read and found, or made, equal to the
 * cluster not long ago. Times are milliseconds of one clock.
 */
export class ProxyHealth {
  readonly #limitMs: number;
  readonly #now: () => number;
  #lastSyncMs: number | undefined;

  /** As with kube-proxy, two missed periods are too many. `now` in milliseconds. */
  constructor(auditEveryMs: number, now: () => number = Date.now) {
    this.#limitMs = 2 * auditEveryMs;
    this.#now = now;
  }

  synced(): void {
    this.#lastSyncMs = this.#now();
  }

  /** True once the kernel was equal to the cluster. */
  get ready(): boolean {
    return this.#lastSyncMs !== undefined;
  }

  /** False before the first sync. */
  get healthy(): boolean {
    return this.#lastSyncMs !== undefined && this.#now() - this.#lastSyncMs <= this.#limitMs;
  }

  /** Milliseconds since 1970. */
  get lastSyncAtMs(): number | undefined {
    return this.#lastSyncMs;
  }
}
