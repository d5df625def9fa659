import type { Parsed } from '../../cluster/fields.ts';
import { identify, type Kind } from '../../cluster/metadata.ts';
import {
  objectKey,
  type EndpointSlice,
  type Node,
  type ObjectKey,
  type Service,
} from '../../cluster/objects.ts';
import { parseEndpointSlice } from '../../cluster/parse-endpoint-slice.ts';
import type { NamedNode } from '../../cluster/node-index.ts';
import type { NodeWeight } from '../../cluster/node-weights.ts';
import { parseNamedNode, parseNode, parseNodeWeight } from '../../cluster/parse-node.ts';
import { parseService } from '../../cluster/parse-service.ts';
import type { ClusterStore } from '../../cluster/store.ts';
import type { ProblemListener } from '../source.ts';
import type { ReflectorTarget } from './reflector.ts';

/** Keeps the Services of a store. */
export function serviceTarget(
  store: ClusterStore,
  onProblem: ProblemListener,
): ReflectorTarget<Service> {
  return {
    reduce: (raw) => reported(parseService(raw), onProblem),
    replace: (values) => {
      store.replaceServices(values);
    },
    set: (value, arrivedMs) => {
      store.setService(value, arrivedMs);
    },
    remove: (raw, arrivedMs) => {
      withKey('Service', raw, (key) => {
        store.deleteService(key, arrivedMs);
      });
    },
  };
}

/** Keeps the EndpointSlices of a store. */
export function sliceTarget(
  store: ClusterStore,
  onProblem: ProblemListener,
): ReflectorTarget<EndpointSlice> {
  return {
    reduce: (raw) => reported(parseEndpointSlice(raw), onProblem),
    replace: (values) => {
      store.replaceSlices(values);
    },
    set: (value, arrivedMs) => {
      store.setSlice(value, arrivedMs);
    },
    remove: (raw, arrivedMs) => {
      withKey('EndpointSlice', raw, (key) => {
        store.deleteSlice(key, arrivedMs);
      });
    },
  };
}

/** Keeps the Node of a store: the one of this name, whatever else the server tells. */
export function nodeTarget(
  store: ClusterStore,
  nodeName: string,
  onProblem: ProblemListener,
): ReflectorTarget<Node> {
  const own = (node: Node | undefined): Node | undefined =>
    node?.name === nodeName ? node : undefined;
  return {
    reduce: (raw) => own(reported(parseNode(raw), onProblem)),
    replace: (values) => {
      store.setNode(values[0]);
    },
    set: (value) => {
      store.setNode(value);
    },
    remove: (raw) => {
      if (identify('Node', raw)?.name === nodeName) {
        store.setNode(undefined);
      }
    },
  };
}

/** Keeps the names and addresses of all Nodes of a store. */
export function namedNodeTarget(store: ClusterStore): ReflectorTarget<NamedNode> {
  return {
    reduce: parseNamedNode,
    replace: (values) => {
      store.replaceNamedNodes(values);
    },
    set: (value) => {
      store.setNamedNode(value);
    },
    remove: (raw) => {
      const name = identify('Node', raw)?.name;
      if (name !== undefined) {
        store.setNamedNode({ name, addresses: [] });
      }
    },
  };
}

/** Keeps the weights of all Nodes of a store. */
export function nodeWeightTarget(store: ClusterStore): ReflectorTarget<NodeWeight> {
  return {
    reduce: parseNodeWeight,
    replace: (values) => {
      store.nodeWeights.replace(values);
    },
    set: (value) => {
      store.nodeWeights.set(value);
    },
    remove: (raw) => {
      const name = identify('Node', raw)?.name;
      if (name !== undefined) {
        store.nodeWeights.set({ name, weight: undefined });
      }
    },
  };
}

function reported<T>(parsed: Parsed<T>, onProblem: ProblemListener): T | undefined {
  parsed.problems.forEach(onProblem);
  return parsed.value;
}

function withKey(kind: Kind, raw: unknown, act: (key: ObjectKey) => void): void {
  const identity = identify(kind, raw);
  if (identity !== undefined) {
    act(objectKey(identity));
  }
}
