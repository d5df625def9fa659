import type { Cidr } from '../../net/cidr.ts';
import type { IpFamily } from '../../net/ip-address.ts';

/** How packets of this node's Pods, or of all Pods, are known (`detectLocalMode`). */
export type LocalDetector =
  /** By their source address (`clusterCIDR`). */
  | { readonly kind: 'ranges'; readonly ranges: readonly Cidr[] }
  /** By the link that they come from (`BridgeInterface`). */
  | { readonly kind: 'interface'; readonly name: string }
  /** By the first letters of that link's name (`InterfaceNamePrefix`). */
  | { readonly kind: 'interface prefix'; readonly prefix: string }
  /** Not at all. */
  | { readonly kind: 'none' };

/**
 * The range of a family in which a source is local; undefined where there is none. One at most: a rule
 * can only say what a packet is not once.
 */
export function localRangeOf(
  { ranges }: Extract<LocalDetector, { readonly kind: 'ranges' }>,
  family: IpFamily,
): Cidr | undefined {
  return ranges.find((range) => range.family === family);
}

/** What the kernel takes for the name of a link and a rule takes for a word. */
const linkName = /^[A-Za-z0-9_.-]{1,15}$/;

/** True for the names of links, and for what they may begin with, that can stand in a rule. */
export function isLinkName(text: string): boolean {
  return linkName.test(text);
}

/** The name itself. Throws RangeError for one that is none: it would stand in a rule. */
export function checkedLinkName(name: string): string {
  if (!isLinkName(name)) {
    throw new RangeError(`${JSON.stringify(name)} is not the name of a link`);
  }
  return name;
}

/** Hands on a detector that differs from the one before; each call returns whether it did. */
export function ifNews(
  first: LocalDetector,
  handOn: (local: LocalDetector) => void,
): (local: LocalDetector) => boolean {
  let present = first;
  return (local) => {
    const isNews = JSON.stringify(local) !== JSON.stringify(present);
    present = local;
    if (isNews) {
      handOn(local);
    }
    return isNews;
  };
}

/** What the configuration says, which may need the Node object to be of use. */
export type LocalDetection =
  | LocalDetector
  /** By the ranges of this node's Pods (`NodeCIDR`): `podCIDRs` of the Node. */
  | { readonly kind: 'node ranges' };

/**
 * The detector that the configuration asks for. The ranges of a Node may be given to it some time
 * after it joins; until then its own traffic cannot be told.
 */
export function localDetectorOf(
  detection: LocalDetection,
  podRanges: readonly Cidr[],
): LocalDetector {
  if (detection.kind !== 'node ranges') {
    return detection;
  }
  return podRanges.length === 0 ? { kind: 'none' } : { kind: 'ranges', ranges: podRanges };
}
