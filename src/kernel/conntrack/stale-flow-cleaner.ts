import type { AddressOperation } from '../vip-link/messages.ts';
import { asError } from '../../base/as-error.ts';
import type { MemberChange } from '../packet-filter/packet-filter.ts';
import type { Operation } from '../ipvs/model.ts';
import { NetlinkError } from '../netlink/netlink-error.ts';
import type { ConntrackClient } from './client.ts';
import { StaleFlows } from './stale-flows.ts';
import { startTimer } from '../../base/time/timers.ts';
import { monotonicMs } from '../../base/time/monotonic-clock.ts';

/** After a search, so many times as long as it took is rested, but no longer than the limit. */
const restFactor = 4;
const longestRestMs = 2000;

/** Hears how many flows a search has deleted, and how long it took in milliseconds. */
export type SearchListener = (deleted: number, durationMs: number) => void;

/**
 * Deletes flows that the operations of a round have made stale. Nobody waits for it, but it begins
 * when the round has ended: until the VIP is bound, a client that keeps sending makes flows past its
 * new virtual server. One search at a time: what rounds change meanwhile is searched for together.
 */
export class StaleFlowCleaner {
  readonly #client: Pick<ConntrackClient, 'deleteStale'>;
  readonly #failed: (error: Error) => void;
  readonly #now: () => number;
  readonly #searched: SearchListener[] = [];
  #stale = new StaleFlows();
  #isBusy = false;
  /** Whether something was noted since the last round ended. */
  #isInRound = false;

  /** `now` in milliseconds, from a clock that is never set. */
  constructor(
    client: Pick<ConntrackClient, 'deleteStale'>,
    failed: (error: Error) => void,
    now: () => number = monotonicMs,
  ) {
    this.#client = client;
    this.#failed = failed;
    this.#now = now;
  }

  /** Calls back after each search that has succeeded. */
  onSearched(listener: SearchListener): void {
    this.#searched.push(listener);
  }

  /** Takes note of a change of a virtual server that succeeded. */
  note(operation: Operation): void {
    this.#isInRound = true;
    this.#stale.note(operation);
  }

  /** Takes note of a change of the packet filter that succeeded. */
  noteMemberChange(change: MemberChange): void {
    this.#isInRound = true;
    this.#stale.noteMemberChange(change);
  }

  /** Takes note of a change of a VIP that succeeded. */
  noteAddressOperation(operation: AddressOperation): void {
    this.#isInRound = true;
    this.#stale.noteAddressOperation(operation);
  }

  /** Deletes what is stale by the operations since the search before, now or when it has rested. */
  roundEnded(): void {
    this.#isInRound = false;
    this.#search();
  }

  #search(): void {
    if (this.#isBusy || this.#stale.isEmpty) {
      return;
    }
    this.#isBusy = true;
    const stale = this.#stale;
    this.#stale = new StaleFlows();
    const startedAt = this.#now();
    this.#client
      .deleteStale(stale)
      .then((deleted) => {
        const tookMs = this.#now() - startedAt;
        this.#searched.forEach((listener) => {
          listener(deleted, tookMs);
        });
      })
      .catch((error: unknown) => {
        // The program ends: the flows are left to their own ends.
        if (!(error instanceof NetlinkError && error.code === 'ECANCELED')) {
          this.#failed(asError(error));
        }
      })
      .finally(() => {
        this.#rest(this.#now() - startedAt);
      });
  }

  #rest(tookMs: number): void {
    const restMs = Math.min(tookMs * restFactor, longestRestMs);
    startTimer(() => {
      this.#isBusy = false;
      // Else the round that is under way searches when it ends.
      if (!this.#isInRound) {
        this.#search();
      }
    }, restMs).unref();
  }
}
