import type { Pace } from '../../../base/work-in-parts.ts';
import type { IpAddress, IpFamily } from '../../../net/ip-address.ts';
import type { NftClient } from '../../nf-tables/client.ts';
import type { NftElement } from '../../nf-tables/element.ts';
import type { Verdict } from '../../nf-tables/expressions.ts';
import { formatEntry } from '../filter-entry.ts';
import { portRangesOf, type FilterMember } from '../filter-member.ts';
import type { FrontEndRole } from '../front-end-role.ts';
import type { AddressWithPortRanges } from '../packet-filter.ts';
import type { ObservedMember, OddElements } from './element-change.ts';
import {
  addressOfRange,
  elementsOf,
  entryOf,
  markedPortsOf,
  frontEndOf,
  memberKey,
  roleWithVerdicts,
  type EndpointEntry,
  type SimpleSetRole,
} from './member-elements.ts';
import { isSourceRange } from './overlapping-ranges.ts';
import { tableName } from './rules.ts';
import { healthPorts, portRangeRoles, setOf, type SetRole } from './sets.ts';

const simpleRoles: readonly SimpleSetRole[] = [
  'vips',
  'guarded',
  'admitted',
  'hairpins',
  'range-hairpins',
];

/** Visits what the kernel holds, one part of the list after the other. */
export interface MemberVisitor {
  begin(): void;
  take(key: string, observed: ObservedMember): void;
  end(): void;
}

/** Reads what the sets and maps of the table hold, as members. */
export class MemberList {
  readonly #client: NftClient;
  readonly #families: readonly IpFamily[];

  constructor(client: NftClient, families: readonly IpFamily[]) {
    this.#client = client;
    this.#families = families;
  }

  /** Visits all of it; an element that is never ours too, under a key of its own. Rejects with NetlinkError. */
  async each(visitor: MemberVisitor, pace?: Pace): Promise<void> {
    for (const family of this.#families) {
      for (const role of simpleRoles) {
        await this.#eachOfSet(setOf(role, family).name, visitor, pace, (element) =>
          entryOf(role, element, family),
        );
      }
      await this.#eachFrontEnd(family, visitor, pace);
      await this.#eachWithPortRanges(family, visitor, pace);
    }
    await this.#eachOfSet(healthPorts.name, visitor, pace, (element) =>
      entryOf('health-ports', element, 'IPv4'),
    );
  }

  /** The ports that get a mark, by address. Rejects with NetlinkError. */
  async portRanges(): Promise<readonly AddressWithPortRanges[]> {
    const marked: AddressWithPortRanges[] = [];
    for (const family of this.#families) {
      const { name } = setOf('range-marks', family);
      const found = await this.#elementsOf(name);
      for (const elements of Map.groupBy(
        found,
        (one) => addressOfRange(one, family).text,
      ).values()) {
        const [first] = elements;
        if (first !== undefined) {
          const ranges = elements.flatMap((one) => markedPortsOf(one, family));
          marked.push({ address: addressOfRange(first, family), ranges });
        }
      }
    }
    return marked;
  }

  async #elementsOf(set: string, pace?: Pace): Promise<readonly NftElement[]> {
    let found: NftElement[] = [];
    await this.#client.eachElement(
      tableName,
      set,
      () => {
        found = [];
        return (element) => found.push(copyOf(element));
      },
      pace,
    );
    return found;
  }

  /** What the sets of source ranges hold that are to change. Rejects with NetlinkError. */
  async rangesBeside(changing: readonly NftElement[]): Promise<readonly NftElement[]> {
    const sets = new Set(changing.filter(isSourceRange).map(({ set }) => set));
    const present: NftElement[] = [];
    for (const set of sets) {
      present.push(...(await this.#elementsOf(set)));
    }
    return present;
  }

  async #eachOfSet(
    set: string,
    visitor: MemberVisitor,
    pace: Pace | undefined,
    memberOf: (element: NftElement) => FilterMember | undefined,
  ): Promise<void> {
    await this.#client.eachElement(
      tableName,
      set,
      () => {
        visitor.begin();
        return (element) => {
          const member = memberOf(element);
          if (member === undefined) {
            takeForeign(visitor, element);
          } else {
            visitor.take(memberKey(member), member);
          }
        };
      },
      pace,
    );
    visitor.end();
  }

  /** A front end stands in two maps: what one of both lacks is no member. */
  async #eachFrontEnd(
    family: IpFamily,
    visitor: MemberVisitor,
    pace: Pace | undefined,
  ): Promise<void> {
    const [frontEnds, sources] = [setOf('front-ends', family).name, setOf('sources', family).name];
    const sourceOf = new Map<string, FoundFrontEnd>();
    let foreign: NftElement[] = [];
    await this.#eachOfMap(sources, family, pace, () => {
      sourceOf.clear();
      foreign = [];
      return {
        found: (key, found) => sourceOf.set(key, found),
        foreign: (element) => foreign.push(copyOf(element)),
      };
    });
    await this.#eachOfMap(frontEnds, family, pace, () => {
      visitor.begin();
      return {
        found: (key, { entry, verdict }) => {
          const source = sourceOf.get(key);
          sourceOf.delete(key);
          visitor.take(key, observedOf(entry, family, verdict, source?.verdict));
        },
        foreign: (element) => {
          takeForeign(visitor, element);
        },
      };
    });
    for (const [key, { entry, verdict }] of sourceOf) {
      visitor.take(key, observedOf(entry, family, undefined, verdict));
    }
    for (const element of foreign) {
      takeForeign(visitor, element);
    }
    visitor.end();
  }

  /** All that the sets hold about the port ranges of an address is one row. */
  async #eachWithPortRanges(
    family: IpFamily,
    visitor: MemberVisitor,
    pace: Pace | undefined,
  ): Promise<void> {
    const byAddress = new Map<string, { address: IpAddress; elements: NftElement[] }>();
    for (const role of portRangeRoles) {
      for (const element of await this.#elementsOf(setOf(role, family).name, pace)) {
        const address = addressOfRange(element, family);
        const found = byAddress.get(address.text);
        if (found === undefined) {
          byAddress.set(address.text, { address, elements: [element] });
        } else {
          found.elements.push(element);
        }
      }
    }
    visitor.begin();
    for (const { address, elements } of byAddress.values()) {
      visitor.take(memberKey(portRangesOf(address, [])), { address, elements });
    }
    visitor.end();
  }

  async #eachOfMap(
    map: string,
    family: IpFamily,
    pace: Pace | undefined,
    begin: () => FrontEndVisitor,
  ): Promise<void> {
    await this.#client.eachElement(
      tableName,
      map,
      () => {
        const visitor = begin();
        return (element) => {
          const { verdict } = element;
          const entry = frontEndOf(element, family);
          if (entry === undefined || verdict === undefined) {
            visitor.foreign(element);
          } else {
            visitor.found(formatEntry(entry), { entry, verdict });
          }
        };
      },
      pace,
    );
  }
}

interface FoundFrontEnd {
  readonly entry: EndpointEntry;
  readonly verdict: Verdict;
}

interface FrontEndVisitor {
  found(key: string, found: FoundFrontEnd): void;
  foreign(element: NftElement): void;
}

/** Others have put it there; nobody desires it. */
function takeForeign(visitor: MemberVisitor, element: NftElement): void {
  const copy = copyOf(element);
  const hex = Buffer.from([...copy.key, ...(copy.keyEnd ?? [])]).toString('hex');
  visitor.take(`foreign ${copy.set} ${hex}`, { elements: [copy] });
}

/** What was read is a view of a message. */
function copyOf(element: NftElement): NftElement {
  const { keyEnd } = element;
  return {
    ...element,
    key: Uint8Array.from(element.key),
    ...(keyEnd === undefined ? {} : { keyEnd: Uint8Array.from(keyEnd) }),
  };
}

function observedOf(
  entry: EndpointEntry,
  family: IpFamily,
  frontEnd: Verdict | undefined,
  source: Verdict | undefined,
): ObservedMember {
  const role = roleWithVerdicts(frontEnd, source, family);
  return role === undefined ? oddOf(entry, family, frontEnd, source) : { role, entry };
}

/** The key in both maps is that of any role. */
function oddOf(
  entry: EndpointEntry,
  family: IpFamily,
  frontEnd: Verdict | undefined,
  source: Verdict | undefined,
): OddElements {
  const anyRole: FrontEndRole = 'refused';
  const key = elementsOf({ role: anyRole, entry })[0]?.key ?? new Uint8Array();
  const element = (role: SetRole, verdict: Verdict | undefined): readonly NftElement[] =>
    verdict === undefined ? [] : [{ set: setOf(role, family).name, key, verdict }];
  return { elements: [...element('front-ends', frontEnd), ...element('sources', source)] };
}
