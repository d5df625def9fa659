import type { Endpoint } from '../../cluster/objects.ts';
import { formatEndpoint } from '../../net/ip-address.ts';
import { describeEndpointFate } from '../../translate/describe-decision.ts';
import type { EndpointDecision, EndpointFate } from '../../translate/decisions.ts';
import type { EndpointView, VirtualServerView } from './service-view.ts';

/** What is known of the endpoint behind an address and port; nothing, where no slice lists it. */
export function endpointView(
  address: string,
  endpoint: Endpoint | undefined,
  thisNode: string,
): EndpointView {
  const node = endpoint?.nodeName ?? null;
  return {
    address,
    pod: endpoint?.podName ?? null,
    node,
    zone: endpoint?.zone ?? null,
    here: node === thisNode,
  };
}

/** `10.244.1.5:8080` */
export function addressOf({ endpoint, targetPort }: EndpointDecision): string {
  return targetPort === undefined
    ? endpoint.address.text
    : formatEndpoint(endpoint.address, targetPort);
}

/** So many are named: with policy Local all endpoints of other nodes are among them. */
const namedAtMost = 200;

export type UnusedEndpoints = Pick<VirtualServerView, 'unusedCounts' | 'unusedEndpoints'>;

/** The endpoints that get no traffic by these decisions; one that another slice repeats is none. */
export function unusedEndpoints(
  decisions: readonly EndpointDecision[],
  thisNode: string,
): UnusedEndpoints {
  const unused = decisions.filter(isUnused);
  const counts = new Map<string, number>();
  for (const { fate } of unused) {
    counts.set(kindOf(fate), (counts.get(kindOf(fate)) ?? 0) + 1);
  }
  return {
    unusedCounts: Object.fromEntries(counts),
    unusedEndpoints: unused.slice(0, namedAtMost).map((decision) => ({
      ...endpointView(addressOf(decision), decision.endpoint, thisNode),
      kind: kindOf(decision.fate),
      why: describeEndpointFate(decision.fate, decision),
    })),
  };
}

export const noUnusedEndpoints: UnusedEndpoints = { unusedCounts: {}, unusedEndpoints: [] };

function isUnused({ fate: { kind } }: EndpointDecision): boolean {
  return kind !== 'used' && kind !== 'repeated';
}

function kindOf({ kind }: EndpointFate): string {
  return kind === 'terminating while others are ready' ? 'terminating' : kind;
}
