import type { Cidr } from '../net/cidr.ts';
import type { IpFamily } from '../net/ip-address.ts';

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
 * The part of a rule that matches packets from elsewhere; undefined where that cannot be told.
 * Local ones are in one range at most: a rule can only say what a packet is not once.
 */
export function notLocal(detector: LocalDetector, family: IpFamily): string | undefined {
  switch (detector.kind) {
    case 'ranges': {
      const range = detector.ranges.find((candidate) => candidate.family === family);
      return range === undefined ? undefined : `! -s ${range.text}`;
    }
    case 'interface':
      return `! -i ${detector.name}`;
    case 'interface prefix':
      return `! -i ${detector.prefix}+`;
    case 'none':
      return undefined;
  }
}
