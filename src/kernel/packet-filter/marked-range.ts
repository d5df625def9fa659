import { equalityOf, optional, sameLists } from '../../base/equality.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { PortRange } from '../../net/port-range.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { FrontEndRole } from './front-end-role.ts';

/** Ports of an address whose new connections get a mark, by which IPVS knows their virtual server. */
export interface MarkedRange extends PortRange {
  readonly protocol: Protocol;
  /** The whole mark of the packet, not 0. */
  readonly mark: number;
  readonly role: FrontEndRole;
  /** Who may connect; undefined for everybody. */
  readonly sources: readonly Cidr[] | undefined;
}

const sameSources = optional(sameLists<Cidr>((a, b) => a.text === b.text));

const sameMarkedRange = equalityOf<MarkedRange>({
  protocol: (a, b) => a.protocol === b.protocol,
  first: (a, b) => a.first === b.first,
  last: (a, b) => a.last === b.last,
  mark: (a, b) => a.mark === b.mark,
  role: (a, b) => a.role === b.role,
  sources: (a, b) => sameSources(a.sources, b.sources),
});

/** Whether two lists have the same ranges in the same order. */
export const sameMarkedRanges = sameLists(sameMarkedRange);
