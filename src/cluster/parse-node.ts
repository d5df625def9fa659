import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';
import { FieldReader, ProblemLog, type Parsed } from './fields.ts';
import { describeObject, readName } from './metadata.ts';
import type { NamedNode } from './node-index.ts';
import type { Node } from './objects.ts';
import type { NodeWeight } from './node-weights.ts';
import { readWeight } from './read-weight.ts';

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

/**
 * Reduces another Node to its name and addresses. What is odd in it is not told here: the program on
 * that Node does. Undefined when its name is not valid.
 */
export function parseNamedNode(raw: unknown): NamedNode | undefined {
  const log = new ProblemLog('Node');
  const root = FieldReader.root(raw, log);
  const name = root === undefined ? undefined : readName(root.object('metadata'), 'Node');
  return root === undefined || name === undefined
    ? undefined
    : { name, addresses: textsOf(readAddresses(root.object('status'))) };
}

/**
 * Reduces the metadata of another Node to its name and weight; what is odd in it is told on that Node.
 * Undefined when its name is not valid.
 */
export function parseNodeWeight(raw: unknown): NodeWeight | undefined {
  const root = FieldReader.root(raw, new ProblemLog('Node'));
  const metadata = root?.object('metadata');
  const name = metadata === undefined ? undefined : readName(metadata, 'Node');
  return metadata === undefined || name === undefined
    ? undefined
    : { name, weight: readNodeWeight(metadata) };
}

/** The annotation counts before the label. */
function readNodeWeight(metadata: FieldReader): number | undefined {
  return readWeight(metadata.object('annotations')) ?? readWeight(metadata.object('labels'));
}

/** The name and addresses of a Node that was parsed. */
export function namedNodeOf({ name, addresses }: Node): NamedNode {
  return { name, addresses: textsOf(addresses) };
}

function textsOf(addresses: readonly IpAddress[]): readonly string[] {
  return [...new Set(addresses.map(({ text }) => text))];
}

function readNode(root: FieldReader): Node | undefined {
  const metadata = root.object('metadata');
  const name = readName(metadata, 'Node');
  if (name === undefined) {
    return undefined;
  }
  const zone = metadata.object('labels').string(zoneLabel);
  const addresses = readAddresses(root.object('status'));
  return {
    name,
    zone: zone === '' ? undefined : zone,
    weight: readNodeWeight(metadata),
    podRanges: readPodRanges(root.object('spec')),
    isLeaving: readIsLeaving(root),
    primaryAddresses: primaryOf(addresses),
    addresses,
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

/** The InternalIPs, then the ExternalIPs. */
function readAddresses(status: FieldReader): readonly IpAddress[] {
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
  return all.toSorted((a, b) => a.rank - b.rank).map(({ address }) => address);
}

/** As kube-proxy does it (pkg/util/node GetNodeHostIPs). */
function primaryOf(addresses: readonly IpAddress[]): readonly IpAddress[] {
  const [first] = addresses;
  const second = addresses.find(({ family }) => family !== first?.family);
  return [first, second].filter((address) => address !== undefined);
}
