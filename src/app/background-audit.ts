import { asError } from '../base/as-error.ts';
import type { Failure } from '../reconcile/any-kind-table.ts';
import type { Reconciler } from '../reconcile/reconciler.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { noRest, restAsLong, type Pace } from '../base/work-in-parts.ts';

/** What an audit has read, for the next round to act upon. */
export interface AuditRead {
  /** The foundations that failed. */
  readonly failures: readonly Failure[];
  /** How long the reading took, its rests included, in milliseconds. */
  readonly durationMs: number;
}

/** Whether somebody waits for an audit, or it is merely due. */
export type AuditUrgency = 'at once' | 'gently';

export interface BackgroundAuditListener {
  /** The kernel was read: a round is to repair what differs. */
  read(): void;
  /** The kernel could not be read. */
  failed(error: Error): void;
}

/**
 * Reads the kernel anew while rounds of changes go on: a change need not wait for the whole table.
 * One read at a time; what is asked for meanwhile follows.
 */
export class BackgroundAudit {
  readonly #reconciler: Pick<Reconciler, 'read'>;
  readonly #listener: BackgroundAuditListener;
  #due: AuditUrgency | undefined;
  #reading: Promise<void> | undefined;
  #read: AuditRead | undefined;
  #stopped = false;

  constructor(reconciler: Pick<Reconciler, 'read'>, listener: BackgroundAuditListener) {
    this.#reconciler = reconciler;
    this.#listener = listener;
  }

  /** Starts to read now, or once the read under way is done. */
  request(urgency: AuditUrgency): void {
    this.#due = this.#due === 'at once' ? 'at once' : urgency;
    this.#start();
  }

  /** Whether something was read that no round has acted upon. */
  get hasRead(): boolean {
    return this.#read !== undefined;
  }

  /** What was read, once. */
  take(): AuditRead | undefined {
    const read = this.#read;
    this.#read = undefined;
    return read;
  }

  /** Begins no further read, and waits for the one under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
  }

  #start(): void {
    if (this.#due !== undefined && this.#reading === undefined && !this.#stopped) {
      const pace = this.#due === 'gently' ? restAsLong : noRest;
      this.#due = undefined;
      this.#reading = this.#readKernel(pace).finally(() => {
        this.#reading = undefined;
        this.#start();
      });
    }
  }

  async #readKernel(pace: Pace): Promise<void> {
    const startedAt = monotonicMs();
    try {
      const failures = await this.#reconciler.read(pace);
      const durationMs = monotonicMs() - startedAt;
      this.#read = { failures, durationMs };
      this.#listener.read();
    } catch (error) {
      this.#listener.failed(asError(error));
    }
  }
}
