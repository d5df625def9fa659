import { formatRealServer, formatVirtualServer, type Operation } from './model.ts';

/**
 * Since when real servers drain. Kept in memory alone: after a restart a real server that drains
 * is known by its weight of 0, and its time starts anew. Times are milliseconds of one clock.
 */
export class DrainTimes {
  readonly #startedAt = new Map<string, Map<string, number>>();

  /** Whether no real server drains. */
  get isEmpty(): boolean {
    return this.#startedAt.size === 0;
  }

  /** How many real servers drain. */
  get count(): number {
    let count = 0;
    for (const { size } of this.#startedAt.values()) {
      count += size;
    }
    return count;
  }

  /** The virtual servers with real servers that drain. */
  virtualServers(): readonly string[] {
    return [...this.#startedAt.keys()];
  }

  /** Does nothing where it drains already. */
  start(virtualServer: string, realServer: string, nowMs: number): void {
    const times = this.#startedAt.get(virtualServer) ?? new Map<string, number>();
    this.#startedAt.set(virtualServer, times);
    if (!times.has(realServer)) {
      times.set(realServer, nowMs);
    }
  }

  /** Takes note of an operation that succeeded. The time is asked for where it matters. */
  follow(operation: Operation, now: () => number): void {
    if (!beginsToDrain(operation) && this.isEmpty) {
      return;
    }
    const key = formatVirtualServer(operation.id);
    switch (operation.kind) {
      case 'change virtual server':
        break;
      case 'add virtual server':
      case 'delete virtual server':
        this.forget(key);
        break;
      case 'add real server':
      case 'change real server':
        if (operation.realServer.weight === 0) {
          this.start(key, formatRealServer(operation.realServer), now());
        } else {
          this.end(key, formatRealServer(operation.realServer));
        }
        break;
      case 'delete real server':
        this.end(key, formatRealServer(operation.realServer));
        break;
    }
  }

  /** Exactly these drain, as the kernel shows it; those that did already keep their time. */
  replace(virtualServer: string, realServers: readonly string[], nowMs: number): void {
    const before = this.#startedAt.get(virtualServer);
    if (realServers.length === 0) {
      this.#startedAt.delete(virtualServer);
    } else {
      const times = realServers.map((key) => [key, before?.get(key) ?? nowMs] as const);
      this.#startedAt.set(virtualServer, new Map(times));
    }
  }

  end(virtualServer: string, realServer: string): void {
    const times = this.#startedAt.get(virtualServer);
    times?.delete(realServer);
    if (times?.size === 0) {
      this.#startedAt.delete(virtualServer);
    }
  }

  forget(virtualServer: string): void {
    this.#startedAt.delete(virtualServer);
  }

  /** For how long it has drained, in milliseconds; 0 where it does not. */
  elapsedMs(virtualServer: string, realServer: string, nowMs: number): number {
    return nowMs - (this.startedAtMs(virtualServer, realServer) ?? nowMs);
  }

  /** When it began to drain; undefined where it does not. */
  startedAtMs(virtualServer: string, realServer: string): number | undefined {
    return this.#startedAt.get(virtualServer)?.get(realServer);
  }
}

function beginsToDrain(operation: Operation): boolean {
  return (
    (operation.kind === 'add real server' || operation.kind === 'change real server') &&
    operation.realServer.weight === 0
  );
}
