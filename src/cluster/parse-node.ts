import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';
import { FieldReader, ProblemLog, type Parsed } from './fields.ts';
import { describeObject, readName } from './metadata.ts';
import type { Node } from './objects.ts';

/** Lower goes first; other types (Hostname, DNS names) hold no IP. */
const rankOfType: Readonly<Record<string, number>> = { InternalIP: 0, ExternalIP: 1 };

const autoscalerTaint = 'ToBeDeletedByClusterAutoscaler';
const zoneLabel = 'topology.kubernetes.io/zone';

/** Reduces a Node. No value, and a problem, when its name is not valid. */
export function parseNode(raw: unknown, origin?: string): Parsed<Node> {
  const log = new ProblemLog(describeObject('Node', raw), origin);
  const root = FieldReader.root(raw, log);
  const value = root === undefined ? undefined : readNode(root);
  return { value, problems: log.problems };
}

function readNode(root: FieldReader): Node | undefined {
  const metadata = root.object('metadata');
  const name = readName(metadata, 'Node');
  if (name === undefined) {
    return undefined;
  }
  const zone = metadata.object('labels').string(zoneLabel);
  return {
    name,
    zone: zone === '' ? undefined : zone,
    podRanges: readPodRanges(root.object('spec')),
    isLeaving: readIsLeaving(root),
    primaryAddresses: readPrimaryAddresses(root.object('status')),
  };
}

function readPodRanges(spec: FieldReader): readonly Cidr[] {
  return spec.strings('podCIDRs', (text, reject) => {
    const range = Cidr.parse(text);
    if (range === undefined) {
      reject('must be a CIDR such as 10.244.1.0/24');
    }
    return range;
  });
}

function readIsLeaving(root: FieldReader): boolean {
  const taints = root.object('spec').list('taints', (taint) => taint.string('key'));
  return root.object('metadata').has('deletionTimestamp') || taints.includes(autoscalerTaint);
}

/** As kube-proxy does it (pkg/util/node GetNodeHostIPs). */
function readPrimaryAddresses(status: FieldReader): readonly IpAddress[] {
  const all = status.list('addresses', (element) => {
    const type = element.string('type') ?? '';
    const rank = rankOfType[type];
    if (rank === undefined) {
      return undefined;
    }
    const address = IpAddress.parse(element.string('address') ?? '');
    if (address === undefined) {
      element.reject('address', `must be an IP address, for the type is ${type}`);
      return undefined;
    }
    return { rank, address };
  });
  const ordered = all.toSorted((a, b) => a.rank - b.rank).map(({ address }) => address);
  const [first] = ordered;
  const second = ordered.find(({ family }) => family !== first?.family);
  return [first, second].filter((address) => address !== undefined);
}
