import { entryKey } from '../ipset/model.ts';
import type { SetMember } from '../translate/set-member.ts';
import { setOfMember } from './sets.ts';

/** The key of a member in the table of all entries. */
export function memberKey(member: SetMember): string {
  return entryKey(setOfMember(member), member.entry);
}
