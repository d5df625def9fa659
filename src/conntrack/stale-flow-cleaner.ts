import { asError } from '../as-error.ts';
import type { SetOperation } from '../ipset/model.ts';
import type { Operation } from '../ipvs/model.ts';
import { NetlinkError } from '../netlink/netlink-error.ts';
import type { ConntrackClient } from './client.ts';
import { StaleFlows } from './stale-flows.ts';

/**
 * Deletes UDP flows that the operations of a round have made stale. Nobody waits for it, but it
 * begins when the round has ended: until the VIP is bound, a client that keeps sending makes flows
 * past its new virtual server.
 */
export class StaleFlowCleaner {
  readonly #client: Pick<ConntrackClient, 'deleteStale'>;
  readonly #failed: (error: Error) => void;
  #stale = new StaleFlows();

  constructor(client: Pick<ConntrackClient, 'deleteStale'>, failed: (error: Error) => void) {
    this.#client = client;
    this.#failed = failed;
  }

  /** Takes note of an operation that succeeded. */
  note(operation: Operation): void {
    this.#stale.note(operation);
  }

  /** Takes note of a change of a set that succeeded. */
  noteSetOperation(operation: SetOperation): void {
    this.#stale.noteSetOperation(operation);
  }

  /** Deletes what is stale by the operations since the round before. */
  roundEnded(): void {
    if (this.#stale.isEmpty) {
      return;
    }
    const stale = this.#stale;
    this.#stale = new StaleFlows();
    this.#client.deleteStale(stale).catch((error: unknown) => {
      // The program ends: the flows are left to their own ends.
      if (!(error instanceof NetlinkError && error.code === 'ECANCELED')) {
        this.#failed(asError(error));
      }
    });
  }
}
