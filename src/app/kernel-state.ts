import type { ProxyHealth } from '../serve/health/proxy-health.ts';
import type { OngoingTroubles } from './ongoing-troubles.ts';
import type { RoundReport } from '../reconcile/reconciler.ts';

/** Where an operator reads of it. */
export interface OperatorLog {
  debug(message: string, details?: object): void;
  info(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

const wholeKernel = 'the kernel';

/** So many objects that were repaired are named in a line of the log. */
const namedAtMost = 10;

/**
 * What becomes of the kernel, for health and the log: the first round, what had to be repaired, and
 * when the kernel cannot be read. Rounds as such are as many as changes of Services.
 */
export class KernelState {
  readonly #health: ProxyHealth;
  readonly #troubles: OngoingTroubles;
  readonly #log: OperatorLog;
  readonly #tellNode: (message: string) => void;
  #isFirstRound = true;

  /** `tellNode` makes an Event of a message. */
  constructor(
    health: ProxyHealth,
    troubles: OngoingTroubles,
    log: OperatorLog,
    tellNode: (message: string) => void,
  ) {
    this.#health = health;
    this.#troubles = troubles;
    this.#log = log;
    this.#tellNode = tellNode;
  }

  /** A round is over, after so many milliseconds. */
  round({ applied, drifted }: RoundReport, durationMs: number): void {
    const details = { applied, ms: Math.round(durationMs * 10) / 10 };
    if (this.#isFirstRound) {
      this.#isFirstRound = false;
      this.#log.info('kernel synced', details);
    } else if (applied > 0) {
      this.#log.debug('kernel synced', details);
      if (drifted.length > 0) {
        const first = drifted.slice(0, namedAtMost).map(({ kind, key }) => `${kind} ${key}`);
        this.#log.info('repaired what others had changed in the kernel', {
          objects: drifted.length,
          first,
        });
      }
    }
  }

  /** The whole kernel was read. */
  read(): void {
    this.#health.kernelRead();
    this.#health.works(wholeKernel);
    if (this.#troubles.ends(wholeKernel)) {
      this.#log.info('the kernel can be read again');
    }
  }

  /** It could not be read; it is tried again and again. */
  unreadable(error: Error): void {
    this.#health.fails(wholeKernel);
    if (this.#troubles.continues(wholeKernel, error.message)) {
      const message = `the kernel could not be read: ${error.message}`;
      this.#log.error(message);
      this.#tellNode(message);
    }
  }
}
