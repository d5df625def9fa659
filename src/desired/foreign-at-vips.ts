import { formatVirtualServer, type VirtualServerId } from '../kernel/ipvs/model.ts';
import type { DesiredState } from './desired-state.ts';

/** What to do about a virtual server of others for a mark that a Service was given. */
const foreignMarkAdvice =
  'take the mark from it, or its bits from kubeIpvs.portRangeMarks, and restart kube-ipvs';

/** What others may do about a virtual server of theirs that our rules refuse. */
export const foreignAtVipAdvice =
  'give the Service that port, or the virtual server an address of its own';

/**
 * Tells of virtual servers that are not ours at VIPs of Services, or for marks of theirs: they are left alone, but a VIP answers
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
      const warning = this.#warningAbout(id, key);
      if (warning !== undefined) {
        told.add(key);
        if (!this.#told.has(key)) {
          this.#warn(`virtual server ${key} was not made by kube-ipvs and stays, ${warning}`);
        }
      }
    }
    this.#told = told;
  }

  #warningAbout(id: VirtualServerId, key: string): string | undefined {
    const holder = this.#desired.serviceOf(key);
    if (id.kind === 'fwmark') {
      return holder === undefined
        ? undefined
        : `but packets to port ranges of Service ${holder} have its mark: they go to its real servers; ${foreignMarkAdvice}`;
    }
    const service = this.#desired.serviceAt(id.address.text);
    return service === undefined || holder !== undefined
      ? undefined
      : `but its address is a VIP of Service ${service}, which has no such port: connections from Pods and other hosts are refused; ${foreignAtVipAdvice}`;
  }
}
