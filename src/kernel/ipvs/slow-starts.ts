import { ByRealServer } from './by-real-server.ts';
import { slowStartSteps } from './effective-weight.ts';
import { formatRealServer, formatVirtualServer, type Operation, type SlowStart } from './model.ts';

interface Start extends SlowStart {
  readonly sinceMs: number;
}

/**
 * The real servers that are in a slow start, and since when. Kept in memory alone: after a restart the
 * weight in the kernel says how far one has come. Times are milliseconds of one clock.
 */
export class SlowStarts {
  readonly #starts = new ByRealServer<Start>();

  /** Whether no real server is in a slow start. */
  get isEmpty(): boolean {
    return this.#starts.isEmpty;
  }

  /** Takes note of an operation that succeeded. The time is asked for where it matters. */
  follow(operation: Operation, now: () => number): void {
    const slowStart = 'slowStart' in operation ? operation.slowStart : undefined;
    if (slowStart === undefined && this.isEmpty) {
      return;
    }
    const key = formatVirtualServer(operation.id);
    switch (operation.kind) {
      case 'change virtual server':
        break;
      case 'add virtual server':
      case 'delete virtual server':
        this.#starts.deleteAll(key);
        break;
      case 'add real server':
      case 'change real server':
      case 'delete real server':
        if (slowStart === undefined) {
          this.#starts.delete(key, formatRealServer(operation.realServer));
        } else {
          this.#step(key, formatRealServer(operation.realServer), slowStart, now());
        }
        break;
    }
  }

  #step(
    virtualServer: string,
    realServer: string,
    { step, durationMs }: SlowStart,
    nowMs: number,
  ): void {
    const before = this.#starts.get(virtualServer, realServer);
    const sinceMs =
      before?.durationMs === durationMs
        ? before.sinceMs
        : nowMs - ((step - 1) / (slowStartSteps - 1)) * durationMs;
    this.#starts.set(virtualServer, realServer, { step, durationMs, sinceMs });
  }

  /** The step that a real server should be at now; undefined where it is in no slow start. */
  stepOf(virtualServer: string, realServer: string, nowMs: number): number | undefined {
    const start = this.#starts.get(virtualServer, realServer);
    return start && stepAt(start, nowMs);
  }

  /**
   * The virtual servers with a real server that has come to its next step since this was asked last. Who
   * has come to the last one is in no slow start any more.
   */
  takeDue(nowMs: number): readonly string[] {
    const due: string[] = [];
    for (const [virtualServer, starts] of this.#starts.entries()) {
      if (this.#takeSteps(virtualServer, starts, nowMs)) {
        due.push(virtualServer);
      }
    }
    return due;
  }

  #takeSteps(virtualServer: string, starts: ReadonlyMap<string, Start>, nowMs: number): boolean {
    let isAny = false;
    for (const [realServer, start] of starts) {
      const step = stepAt(start, nowMs);
      isAny ||= step > start.step;
      if (step === slowStartSteps) {
        this.#starts.delete(virtualServer, realServer);
      } else {
        this.#starts.set(virtualServer, realServer, { ...start, step });
      }
    }
    return isAny;
  }
}

/** The first step at the beginning, the last one at the end. */
function stepAt({ sinceMs, durationMs }: Start, nowMs: number): number {
  const passed = Math.floor(((nowMs - sinceMs) / durationMs) * (slowStartSteps - 1));
  return Math.min(slowStartSteps, 1 + passed);
}
