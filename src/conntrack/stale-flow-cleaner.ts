import { asError } from '../as-error.ts';
import type { SetOperation } from '../ipset/model.ts';
import type { Operation } from '../ipvs/model.ts';
import { NetlinkError } from '../netlink/netlink-error.ts';
import type { ConntrackClient } from './client.ts';
import { StaleFlows } from './stale-flows.ts';

/**
 * Deletes UDP flows that the operations of a round have made stale, behind the round: nobody
 * waits for it.
 */
export class StaleFlowCleaner {
  readonly #client: Pick<ConntrackClient, 'deleteStale'>;
  readonly #failed: (error: Error) => void;
  #stale = new StaleFlows();
  #scheduled = false;

  constructor(client: Pick<ConntrackClient, 'deleteStale'>, failed: (error: Error) => void) {
    this.#client = client;
    this.#failed = failed;
  }

  /** Takes note of an operation that succeeded. */
  note(operation: Operation): void {
    this.#stale.note(operation);
    this.#schedule();
  }

  /** Takes note of a change of a set that succeeded. */
  noteSetOperation(operation: SetOperation): void {
    this.#stale.noteSetOperation(operation);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#stale.isEmpty && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        const stale = this.#stale;
        this.#stale = new StaleFlows();
        this.#client.deleteStale(stale).catch((error: unknown) => {
          // The program ends: the flows are left to their own ends.
          if (!(error instanceof NetlinkError && error.code === 'ECANCELED')) {
            this.#failed(asError(error));
          }
        });
      });
    }
  }
}
