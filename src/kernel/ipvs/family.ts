import type { NetlinkConnection } from '../netlink/connection.ts';
import { resolveFamily } from '../netlink/generic-family.ts';
import { NetlinkError } from '../netlink/netlink-error.ts';
import { monotonicMs } from '../../base/time/monotonic-clock.ts';
import { familyName } from './protocol.ts';

/** What the kernel answers to a message for a family that it does not have, among other things. */
export const maybeNoFamily = 'ENOENT';

/** Looking for a family that is not there starts modprobe: not more often than so, in milliseconds. */
const lookAgainMs = 1000;

/**
 * The number of the netlink family "IPVS". It is another one each time the module is loaded
 * (idr_alloc_cyclic in net/netlink/genetlink.c), and a message with the old one is answered ENOENT.
 */
export class IpvsFamily {
  readonly #connection: NetlinkConnection;
  readonly #now: () => number;
  readonly #onReloaded: (() => void)[] = [];
  #number: number;
  #goneAtMs: number | undefined;

  /** `now` in milliseconds of the monotonic clock. */
  constructor(connection: NetlinkConnection, number: number, now: () => number = monotonicMs) {
    this.#connection = connection;
    this.#number = number;
    this.#now = now;
  }

  get number(): number {
    return this.#number;
  }

  /** Calls back each time the module turns out to have been loaded anew. */
  onReloaded(callback: () => void): void {
    this.#onReloaded.push(callback);
  }

  /**
   * Whether IPVS has another number than the one that was asked with, after an answer that may mean
   * so. Rejects with NetlinkError: EPROTONOSUPPORT where there is no IPVS any more.
   */
  async isNoLonger(number: number): Promise<boolean> {
    if (this.#number === number) {
      await this.#lookUp();
    }
    return this.#number !== number;
  }

  async #lookUp(): Promise<void> {
    if (this.#goneAtMs !== undefined && this.#now() - this.#goneAtMs < lookAgainMs) {
      throw gone();
    }
    try {
      const number = await resolveFamily(this.#connection, familyName);
      this.#goneAtMs = undefined;
      this.#set(number);
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENOENT') {
        this.#goneAtMs = this.#now();
        throw gone();
      }
      throw error;
    }
  }

  #set(number: number): void {
    if (number !== this.#number) {
      this.#number = number;
      this.#onReloaded.forEach((callback) => {
        callback();
      });
    }
  }
}

function gone(): NetlinkError {
  return new NetlinkError(
    'EPROTONOSUPPORT',
    'the kernel has no IPVS any more: load the module with "modprobe ip_vs"',
  );
}
