import { ByRealServer } from './by-real-server.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type Operation,
  type RealServer,
  type RealServers,
} from './model.ts';

/**
 * Since when real servers drain. Kept in memory alone: after a restart a real server that drains
 * is known by its weight of 0, and its time starts anew. Times are milliseconds of one clock.
 *
 * One that has weight 0 and is wanted rests: its time starts when it is wanted no more, which shows in the
 * next look at its virtual server.
 */
export class DrainTimes {
  readonly #startedAt = new ByRealServer<number | 'rests'>();

  /** Whether no real server drains or rests. */
  get isEmpty(): boolean {
    return this.#startedAt.isEmpty;
  }

  /** How many real servers drain. */
  get count(): number {
    let count = 0;
    for (const [, times] of this.#startedAt.entries()) {
      for (const time of times.values()) {
        count += Number(time !== 'rests');
      }
    }
    return count;
  }

  /** How many virtual servers have real servers that drain. */
  get virtualServerCount(): number {
    let count = 0;
    for (const [, times] of this.#startedAt.entries()) {
      count += Number([...times.values()].some((time) => time !== 'rests'));
    }
    return count;
  }

  /** The virtual servers with real servers that drain or rest. */
  virtualServers(): readonly string[] {
    return this.#startedAt.virtualServers();
  }

  /** Does nothing where it drains already. */
  start(virtualServer: string, realServer: string, nowMs: number): void {
    if (this.#startedAt.get(virtualServer, realServer) === undefined) {
      this.#startedAt.set(virtualServer, realServer, nowMs);
    }
  }

  /** Takes note of an operation that succeeded. The time is asked for where it matters. */
  follow(operation: Operation, now: () => number): void {
    const unused = unusedOf(operation);
    if (unused.length === 0 && this.isEmpty) {
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
      case 'delete real server':
        if (unused.length === 0) {
          this.end(key, formatRealServer(operation.realServer));
        }
        break;
    }
    for (const realServer of unused) {
      this.start(key, formatRealServer(realServer), now());
    }
  }

  /**
   * Exactly these have weight 0, as the kernel shows it; those that drained already keep their time. Where it
   * is not known which of them are wanted, they rest as before.
   */
  replace(
    virtualServer: string,
    realServers: readonly string[],
    nowMs: number,
    isWanted?: (realServer: string) => boolean,
  ): void {
    const timeOf = (key: string): number | 'rests' => {
      const time = this.#startedAt.get(virtualServer, key) ?? nowMs;
      if (isWanted === undefined) {
        return time;
      }
      return isWanted(key) ? 'rests' : time === 'rests' ? nowMs : time;
    };
    this.#startedAt.replace(virtualServer, new Map(realServers.map((key) => [key, timeOf(key)])));
  }

  end(virtualServer: string, realServer: string): void {
    this.#startedAt.delete(virtualServer, realServer);
  }

  forget(virtualServer: string): void {
    this.#startedAt.deleteAll(virtualServer);
  }

  /** For how long it has drained, in milliseconds; 0 where it does not. */
  elapsedMs(virtualServer: string, realServer: string, nowMs: number): number {
    return nowMs - (this.startedAtMs(virtualServer, realServer) ?? nowMs);
  }

  /** When it began to drain; undefined where it does not. */
  startedAtMs(virtualServer: string, realServer: string): number | undefined {
    const time = this.#startedAt.get(virtualServer, realServer);
    return time === 'rests' ? undefined : time;
  }
}

/** The real servers that have weight 0 by an operation. */
function unusedOf(operation: Operation): readonly RealServer[] {
  switch (operation.kind) {
    case 'add virtual server':
      return operation.realServers === undefined ? none : withoutWeight(operation.realServers);
    case 'add real server':
    case 'change real server':
      return operation.realServer.weight === 0 ? [operation.realServer] : none;
    case 'change virtual server':
    case 'delete virtual server':
    case 'delete real server':
      return none;
  }
}

const none: readonly RealServer[] = [];

/** Most have one: no list is made for those. */
function withoutWeight(realServers: RealServers): readonly RealServer[] {
  let found: RealServer[] | undefined;
  for (const realServer of realServers.values()) {
    if (realServer.weight === 0) {
      found = [...(found ?? none), realServer];
    }
  }
  return found ?? none;
}
