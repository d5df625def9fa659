import type { IpFamily } from '../../../net/ip-address.ts';
import { isLinkName, localRangeOf, type LocalDetector } from '../local-detector.ts';

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
      return `! -i ${checked(detector.name)}`;
    case 'interface prefix':
      return `! -i ${checked(detector.prefix)}+`;
    case 'none':
      return undefined;
  }
}

function checked(name: string): string {
  if (!isLinkName(name)) {
    throw new RangeError(`${JSON.stringify(name)} is not the name of a link`);
  }
  return name;
}
