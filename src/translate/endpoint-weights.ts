import type { Endpoint, EndpointSlice } from '../cluster/objects.ts';
import type { Choices } from './annotations/registry.ts';
import type { EndpointNotes } from './endpoint-notes.ts';
import { chosenOf, type PortEndpoints } from './endpoints.ts';
import type { Locality, LocalityWeights } from './locality-weights.ts';
import type { NodeFacts } from './node-facts.ts';
import type { EndpointWeight } from './weight-rule.ts';

/** What the weights of a Service's endpoints follow. */
export interface WeightRules {
  /** By address: of several slices with a weight that list an endpoint the first one counts. */
  readonly bySlice: ReadonlyMap<string, EndpointWeight>;
  readonly byNode: boolean;
  readonly byLocality: LocalityWeights | undefined;
  readonly node: NodeFacts;
}

const usual: EndpointWeight = { weight: 1, by: { kind: 'usual' } };
const nothingElse: EndpointWeight = { weight: 1, by: { kind: 'nothing else' } };

/** The rules for a Service; undefined where all of its endpoints have the usual weight. */
export function weightRulesOf(
  { nodeWeights: byNode, localityWeights: byLocality }: Choices,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
): WeightRules | undefined {
  const isBySlice = slices.some(({ weight }) => weight !== undefined);
  return isBySlice || byNode || byLocality !== undefined
    ? { bySlice: isBySlice ? weightsBySlice(slices) : new Map(), byNode, byLocality, node }
    : undefined;
}

function weightsBySlice(slices: readonly EndpointSlice[]): Map<string, EndpointWeight> {
  const weights = new Map<string, EndpointWeight>();
  for (const { name, weight, endpoints } of slices.toReversed()) {
    if (weight !== undefined) {
      const own: EndpointWeight = { weight, by: { kind: 'EndpointSlice', slice: name } };
      endpoints.forEach(({ address }) => weights.set(address.text, own));
    }
  }
  return weights;
}

/** Endpoints that get traffic, each with its weight. */
export interface WeighedEndpoints {
  readonly endpoints: readonly PortEndpoints[];
  readonly weightOf: (endpoint: Endpoint) => number;
}

/**
 * Weighs the endpoints that were chosen. One of weight 0 gets traffic only when there is nothing else:
 * it is left out, unless all have 0; then each has the usual weight.
 */
export function weighed(
  all: readonly PortEndpoints[],
  rules: WeightRules | undefined,
  notes?: EndpointNotes,
): WeighedEndpoints {
  if (rules === undefined) {
    return { endpoints: all, weightOf: () => usual.weight };
  }
  const weights = new Map<Endpoint, EndpointWeight>();
  for (const { endpoints } of all) {
    for (const endpoint of endpoints) {
      weights.set(endpoint, weightBy(rules, endpoint));
    }
  }
  const isAnyUsed = [...weights.values()].some(({ weight }) => weight > 0);
  const weightOf = (endpoint: Endpoint): EndpointWeight =>
    isAnyUsed ? (weights.get(endpoint) ?? usual) : nothingElse;
  notes?.weighed(weightOf);
  return {
    endpoints: chosenOf(all, (endpoint) => weightOf(endpoint).weight > 0),
    weightOf: (endpoint) => weightOf(endpoint).weight,
  };
}

function weightBy(rules: WeightRules, endpoint: Endpoint): EndpointWeight {
  return (
    rules.bySlice.get(endpoint.address.text) ??
    weightByNode(rules, endpoint) ??
    weightByLocality(rules, endpoint) ??
    usual
  );
}

function weightByNode(
  { byNode, node }: WeightRules,
  { nodeName }: Endpoint,
): EndpointWeight | undefined {
  const weight = byNode && nodeName !== undefined ? node.nodeWeight(nodeName) : undefined;
  return weight === undefined || nodeName === undefined
    ? undefined
    : { weight, by: { kind: 'Node', node: nodeName } };
}

function weightByLocality(
  { byLocality, node }: WeightRules,
  endpoint: Endpoint,
): EndpointWeight | undefined {
  const locality = localityOf(endpoint, node);
  return byLocality && { weight: byLocality[locality], by: { kind: 'locality', locality } };
}

function localityOf({ nodeName, zone }: Endpoint, node: NodeFacts): Locality {
  if (nodeName === node.nodeName) {
    return 'same-node';
  }
  return zone !== undefined && zone === node.zone ? 'same-zone' : 'other';
}
