import type { IpAddress } from '../../../net/ip-address.ts';
import type { NftElement } from '../../nf-tables/element.ts';
import type { FilterMember } from '../filter-member.ts';
import type { ElementRow } from './execute-rows.ts';
import { elementsOf } from './member-elements.ts';

/** What the kernel holds under a key. */
export type ObservedMember = FilterMember | ObservedPortRanges | OddElements;

/** All that the sets hold about the port ranges of an address. */
export interface ObservedPortRanges {
  readonly address: IpAddress;
  readonly elements: readonly NftElement[];
}

/** What no member is: elements that we never make, or never together. */
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

export function elementsOfObserved(observed: ObservedMember): readonly NftElement[] {
  return isMember(observed) ? elementsOf(observed) : observed.elements;
}
