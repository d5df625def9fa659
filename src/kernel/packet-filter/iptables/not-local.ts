import type { IpFamily } from '../../../net/ip-address.ts';
import { checkedLinkName, localRangeOf, type LocalDetector } from '../local-detector.ts';

/**
 * The part of a rule that matches packets from elsewhere; undefined where that cannot be told.
 * Throws RangeError for a name that is none: it would stand in the text of the rules.
 */
export function notLocal(detector: LocalDetector, family: IpFamily): string | undefined {
  switch (detector.kind) {
    case 'ranges': {
      const range = localRangeOf(detector, family);
      return range === undefined ? undefined : `! -s ${range.text}`;
    }
    case 'interface':
      return `! -i ${checkedLinkName(detector.name)}`;
    case 'interface prefix':
      return `! -i ${checkedLinkName(detector.prefix)}+`;
    case 'none':
      return undefined;
  }
}
