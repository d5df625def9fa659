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
  /** Health-check node ports: a firewall of the node must not close them. */
  'health',
] as const;

export type FilterRole = (typeof filterRoles)[number];

/** An entry that a Service wants in a set. */
export interface FilterMember {
  readonly role: FilterRole;
  readonly entry: FilterEntry;
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
