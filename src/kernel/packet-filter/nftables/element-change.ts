import type { NftElement } from '../../nf-tables/element.ts';
import type { FilterMember } from '../filter-member.ts';
import type { ElementRow } from './execute-rows.ts';

/** What the kernel holds under a key: what a member is, or elements that we never make together. */
export type ObservedMember = FilterMember | OddElements;

export interface OddElements {
  readonly elements: readonly NftElement[];
}

export interface ElementChange extends ElementRow {
  /** What was there, and what is there then. */
  readonly before: ObservedMember | undefined;
  readonly after: FilterMember | undefined;
}

export function isMember(observed: ObservedMember): observed is FilterMember {
  return 'role' in observed;
}
