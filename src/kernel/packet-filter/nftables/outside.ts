import type { IpFamily } from '../../../net/ip-address.ts';
import type { Cidr } from '../../../net/cidr.ts';
import { hostPrefixLength } from '../../../net/ip-address.ts';
import type { Expression } from '../../nf-tables/expressions.ts';
import { isLinkName, localRangeOf, type LocalDetector } from '../local-detector.ts';
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
        notOfLink(Buffer.from(checked(detector.name).padEnd(linkNameLength, '\0'), 'latin1')),
      ];
    case 'interface prefix':
      return [notOfLink(Buffer.from(checked(detector.prefix), 'latin1'))];
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
    ...(isWhole ? [] : [{ kind: 'mask', register: 0, mask: maskOf(range) } as const]),
    { kind: 'compare', register: 0, is: 'not equal', to: network.bytes },
  ];
}

function notOfLink(name: Uint8Array): readonly Expression[] {
  return [
    { kind: 'packet', fact: 'input link name', into: 0 },
    { kind: 'compare', register: 0, is: 'not equal', to: name },
  ];
}

function maskOf({ network, prefixLength }: Cidr): Uint8Array {
  return network.bytes.map((_, index) => {
    const bits = Math.min(Math.max(prefixLength - index * 8, 0), 8);
    return (0xff00 >> bits) & 0xff;
  });
}

function checked(name: string): string {
  if (!isLinkName(name)) {
    throw new RangeError(`${JSON.stringify(name)} is not the name of a link`);
  }
  return name;
}
