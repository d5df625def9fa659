import { PlaceMap } from '../../reconcile/place-map.ts';
import { formatEntry } from './filter-entry.ts';
import type { FilterMember } from './filter-member.ts';
import type { MemberPlaces } from './packet-filter.ts';

/** What a packet filter would be told, without one. */
export class RememberedMembers extends PlaceMap<FilterMember> implements MemberPlaces {
  keyOf({ role, entry }: FilterMember): string {
    return `${role} ${formatEntry(entry)}`;
  }
}
