import { asError } from './as-error.ts';
import { GentlePace } from './gentle-pace.ts';
import type { Failure } from './reconcile/any-kind-table.ts';
import type { Reconciler } from './reconcile/reconciler.ts';
import { monotonicMs } from './time/monotonic-clock.ts';

/** What an audit has read, for the next round to act upon. */
export interface AuditRead {
  /** The foundations that failed. */
  readonly failures: readonly Failure[];
  /** How long the reading took, without its rests, in milliseconds. */
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
  readonly #restMs: number;
  #due: AuditUrgency | undefined;
  #pace: GentlePace | undefined;
  #reading: Promise<void> | undefined;
  #read: AuditRead | undefined;
  #stopped = false;

  /** `restMs`: how long a gentle audit may rest in all, in milliseconds. */
  constructor(
    reconciler: Pick<Reconciler, 'read'>,
    listener: BackgroundAuditListener,
    restMs: number,
  ) {
    this.#reconciler = reconciler;
    this.#listener = listener;
    this.#restMs = restMs;
  }

  /** Starts to read now, or once the read under way is done, which does not rest any more then. */
  request(urgency: AuditUrgency): void {
    if (urgency === 'at once') {
      this.#pace?.hurry();
    }
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
    this.#pace?.hurry();
    await this.#reading;
  }

  #start(): void {
    if (this.#due !== undefined && this.#reading === undefined && !this.#stopped) {
      this.#pace = this.#due === 'gently' ? new GentlePace(this.#restMs) : undefined;
      this.#due = undefined;
      this.#reading = this.#readKernel(this.#pace).finally(() => {
        this.#reading = undefined;
        this.#pace = undefined;
        this.#start();
      });
    }
  }

  async #readKernel(pace: GentlePace | undefined): Promise<void> {
    const startedAt = monotonicMs();
    try {
      const failures = await this.#reconciler.read(pace);
      const durationMs = monotonicMs() - startedAt - (pace?.restedMs ?? 0);
      this.#read = { failures, durationMs };
      this.#listener.read();
    } catch (error) {
      this.#listener.failed(asError(error));
    }
  }
}
