import {
  localDetectorOf,
  localRangeOf,
  type LocalDetector,
} from '../../kernel/packet-filter/local-detector.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { IpAddress, IpFamily } from '../../net/ip-address.ts';
import { specialAddress } from '../../net/special-address.ts';
import type { Step } from './explanation.ts';
import { formatSender, type Packet, type Sender } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/** Where a packet comes from, as the packet filter sees it. */
export interface Origin {
  /** It leaves a process of this node. */
  readonly isNode: boolean;
  /** Its source; undefined where no single host was asked about. */
  readonly source: IpAddress | undefined;
  /** The packet filter can tell that it is no traffic of a Pod. */
  readonly isOutside: boolean;
  readonly step: Step;
}

/** Tells where a packet comes from. */
export function originOf({ from, to }: Packet, world: ExplainWorld): Origin {
  if (from.kind === 'node' || (from.kind === 'address' && isOwn(from.address, world))) {
    const whose = from.kind === 'address' ? `${from.address.text} is this node's own: ` : '';
    return {
      isNode: true,
      // To an address of its own, and so to a VIP, a node sends with that same address.
      source: from.kind === 'address' ? from.address : to.address,
      isOutside: false,
      step: { text: `${whose}the packet leaves a process of this node` },
    };
  }
  const podRanges = world.store.node?.podRanges ?? [];
  const detector = localDetectorOf(world.settings.localDetection, podRanges);
  const isPod = countsAsPod(from, detector, podRanges);
  const isTold = canTell(detector, to.address.family);
  const why = isTold
    ? wordsOf(from, detector, to.address.family, isPod)
    : 'nothing tells Pods from others, as no range of Pods is known in this family';
  return {
    isNode: false,
    source: from.kind === 'address' ? from.address : undefined,
    isOutside: isTold && !isPod,
    step: {
      text: `the packet comes from ${formatSender(from)}: ${why}`,
      object: 'configuration',
      field: fieldOf(world),
    },
  };
}

function isOwn(address: IpAddress, { translator, desired }: ExplainWorld): boolean {
  return (
    translator.nodeFacts.nodeAddresses.has(address.text) ||
    desired.serviceAt(address.text) !== undefined ||
    specialAddress(address) === 'loopback'
  );
}

/** An address does not say by which link it comes: there the ranges of the Node have to do. */
function countsAsPod(from: Sender, detector: LocalDetector, podRanges: readonly Cidr[]): boolean {
  if (from.kind !== 'address') {
    return from.kind === 'pod';
  }
  const { address } = from;
  return detector.kind === 'ranges'
    ? localRangeOf(detector, address.family)?.contains(address) === true
    : podRanges.some((range) => range.contains(address));
}

function canTell(detector: LocalDetector, family: IpFamily): boolean {
  return detector.kind === 'ranges'
    ? localRangeOf(detector, family) !== undefined
    : detector.kind !== 'none';
}

function fieldOf({ settings: { localDetection } }: ExplainWorld): string {
  switch (localDetection.kind) {
    case 'ranges':
    case 'none':
      return 'clusterCIDR';
    case 'node ranges':
      return 'detectLocalMode';
    case 'interface':
      return 'detectLocal.bridgeInterface';
    case 'interface prefix':
      return 'detectLocal.interfaceNamePrefix';
  }
}

function wordsOf(from: Sender, detector: LocalDetector, family: IpFamily, isPod: boolean): string {
  const whose = isPod ? 'traffic of a Pod' : 'no traffic of a Pod';
  const isIn = isPod ? 'is in' : 'is not in';
  switch (detector.kind) {
    case 'none':
      return '';
    case 'ranges':
      return `${whose}, as its source ${isIn} ${localRangeOf(detector, family)?.text ?? 'a range'}`;
    case 'interface':
    case 'interface prefix': {
      const link = detector.kind === 'interface' ? detector.name : `${detector.prefix}*`;
      return from.kind === 'address'
        ? `taken for ${whose}, as its source ${isIn} the podCIDRs of this Node; what decides is whether it comes by the link ${link}`
        : `${whose}, as it ${isPod ? 'comes' : 'does not come'} by the link ${link}`;
    }
  }
}
