import type { IpFamily } from '../../../net/ip-address.ts';
import type { Cidr } from '../../../net/cidr.ts';
import { hostPrefixLength } from '../../../net/ip-address.ts';
import type { Expression } from '../../nf-tables/expressions.ts';
import { checkedLinkName, localRangeOf, type LocalDetector } from '../local-detector.ts';
import { steps } from './words.ts';

/** IFNAMSIZ: the kernel compares a whole name with its padding. */
const linkNameLength = 16;

/**
 * The steps of rules that let packets from elsewhere pass: one rule's, or none where that cannot be told.
 * Throws RangeError for a name that no link can have.
 */
export function outsideOf(
  detector: LocalDetector,
  family: IpFamily,
): readonly (readonly Expression[])[] {
  switch (detector.kind) {
    case 'ranges': {
      const range = localRangeOf(detector, family);
      return range === undefined ? [] : [notInRange(range)];
    }
    case 'interface':
      return [
        notOfLink(
          Buffer.from(checkedLinkName(detector.name).padEnd(linkNameLength, '\0'), 'latin1'),
        ),
      ];
    case 'interface prefix':
      return [notOfLink(Buffer.from(checkedLinkName(detector.prefix), 'latin1'))];
    case 'none':
      return [];
  }
}

function notInRange(range: Cidr): readonly Expression[] {
  const { family, network, prefixLength } = range;
  const load = steps.loadSource(family, 0);
  const isWhole = prefixLength === hostPrefixLength(family);
  return [
    ...load,
    ...(isWhole ? [] : [{ kind: 'mask', register: 0, mask: range.mask } as const]),
    { kind: 'compare', register: 0, is: 'not equal', to: network.bytes },
  ];
}

function notOfLink(name: Uint8Array): readonly Expression[] {
  return [
    { kind: 'packet', fact: 'input link name', into: 0 },
    { kind: 'compare', register: 0, is: 'not equal', to: name },
  ];
}
