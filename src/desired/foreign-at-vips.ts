import { formatVirtualServer, type VirtualServerId } from '../kernel/ipvs/model.ts';
import type { DesiredState } from './desired-state.ts';

/** What others may do about a virtual server of theirs that our rules refuse. */
export const foreignAtVipAdvice =
  'give the Service that port, or the virtual server an address of its own';

/**
 * Tells of virtual servers that are not ours at VIPs of Services: they are left alone, but a VIP answers
 * on the ports of its Service alone, so that the rules refuse what others send to them.
 */
export class ForeignAtVips {
  readonly #desired: Pick<DesiredState, 'serviceAt' | 'serviceOf'>;
  readonly #warn: (message: string) => void;
  #told: ReadonlySet<string> = new Set();

  constructor(
    desired: Pick<DesiredState, 'serviceAt' | 'serviceOf'>,
    warn: (message: string) => void,
  ) {
    this.#desired = desired;
    this.#warn = warn;
  }

  /** Takes all that are not ours, as the kernel was last listed; each is told of once while it lasts. */
  look(foreign: Iterable<VirtualServerId>): void {
    const told = new Set<string>();
    for (const id of foreign) {
      const key = formatVirtualServer(id);
      const service = id.kind === 'address' ? this.#desired.serviceAt(id.address.text) : undefined;
      if (service !== undefined && this.#desired.serviceOf(key) === undefined) {
        told.add(key);
        if (!this.#told.has(key)) {
          this.#warn(
            `virtual server ${key} was not made by kube-ipvs and stays, but its address is a VIP of Service ${service}, which has no such port: connections from Pods and other hosts are refused; ${foreignAtVipAdvice}`,
          );
        }
      }
    }
    this.#told = told;
  }
}
