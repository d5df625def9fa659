import { FieldReader, ProblemLog, type Parsed } from './fields.ts';
import { describeObject, readName } from './metadata.ts';
import type { Node } from './objects.ts';

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
  return { name, zone: zone === '' ? undefined : zone };
}
