import { formatEntry } from '../filter-entry.ts';
import type { FilterMember } from '../filter-member.ts';
import { setOfMember } from './sets.ts';

/** The key of a member in the table of all entries. */
export function memberKey(member: FilterMember): string {
  return `${setOfMember(member).name} ${formatEntry(member.entry)}`;
}
