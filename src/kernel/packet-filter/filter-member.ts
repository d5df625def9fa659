import type { IpAddress } from '../../net/ip-address.ts';
import type { MarkedRange } from './marked-range.ts';
import { frontEndRoles, type FrontEndRole } from './front-end-role.ts';
import { sameEntry, type FilterEntry } from './filter-entry.ts';

/**
 * What a set is for. The chains are constant; all that they know of Services stands in these
 * sets, one of each per family.
 */
export const filterRoles = [
  /** Every VIP. */
  'vip',
  /** Front ends at cluster IPs that have endpoints. */
  'cluster',
  /** External front ends of policy Cluster that have endpoints: masqueraded. */
  'external',
  /** External front ends of policy Local that have endpoints: the client's address stays. */
  'local',
  /** Those of policy Local without an endpoint on this node: for Pods of this node alone. */
  'node-only',
  /** Front ends without endpoints: refused. (At a VIP whatever is no front end is, too.) */
  'refused',
  /** Load-balancer front ends with source ranges, and who is let through to them. */
  'guarded',
  'admitted',
  /** Endpoints on this node: one that reaches itself is masqueraded. */
  'hairpin',
  /** The port ranges of an address. */
  'port-ranges',
  /** Endpoints of port ranges on this node, the same at any port. */
  'range-hairpin',
  /** Health-check node ports: a firewall of the node must not close them. */
  'health',
] as const;

export type FilterRole = (typeof filterRoles)[number];

/** An entry that a Service wants in a set. */
export interface FilterMember {
  readonly role: FilterRole;
  readonly entry: FilterEntry;
}

/** The port ranges of an address, as a member. */
export function portRangesOf(address: IpAddress, ranges: readonly MarkedRange[]): FilterMember {
  return { role: 'port-ranges', entry: { kind: 'port ranges', address, ranges } };
}

export function isFrontEndRole(role: FilterRole): role is FrontEndRole {
  return frontEndRoles.some((one) => one === role);
}

/** Whether two members of one key say the same: that says all but the role, and the ranges of an address. */
export function sayTheSame(a: FilterMember, b: FilterMember): boolean {
  return a.role === b.role && (a.entry.kind !== 'port ranges' || sameEntry(a.entry, b.entry));
}

/** Whether two lists have the same members in the same order. */
export function sameMembers(a: readonly FilterMember[], b: readonly FilterMember[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ role, entry }, index) => {
      const other = b[index];
      return role === other?.role && sameEntry(entry, other.entry);
    })
  );
}
