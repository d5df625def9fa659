import type { RealServers, VirtualServerId } from '../kernel/ipvs/model.ts';

/** That a virtual server ejects those of its real servers that fail. */
export interface EjectionRule {
  /**
   * The real servers of one Service port in one family are judged together, by what all its virtual
   * servers have counted: a Pod that does not answer does so at each of them.
   */
  readonly group: string;
  /** The real servers that it has, whichever are ejected now. */
  readonly candidates: RealServers;
  /** When connections to one that does not answer are reset, in milliseconds; undefined for never. */
  readonly resetAfterMs: number | undefined;
}

/** A virtual server whose real servers are watched. */
export interface WatchedVirtualServer {
  readonly id: Extract<VirtualServerId, { readonly kind: 'address' }>;
  readonly rule: EjectionRule;
}
