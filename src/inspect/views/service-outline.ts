import type { ObjectKey, Service, ServicePort } from '../../cluster/objects.ts';
import type { VirtualServerId } from '../../kernel/ipvs/model.ts';
import type { Decision, EndpointDecision, FrontEndDecision } from '../../translate/decisions.ts';
import { anyPort } from '../../translate/endpoints.ts';
import { trafficOf } from '../../translate/front-ends.ts';
import { marksOf } from '../../translate/marked-ports.ts';
import type { ClusterKnowledge } from './knowledge.ts';
import type { ServedFrontEnd } from './virtual-server-view.ts';

/** What a Service becomes here, before the kernel is looked at. */
export interface ServiceOutline {
  readonly service: Service;
  readonly key: ObjectKey;
  readonly decisions: readonly Decision[];
  readonly frontEnds: readonly ServedFrontEnd[];
}

/** Undefined where there is no such Service. */
export function outlineOf(key: ObjectKey, cluster: ClusterKnowledge): ServiceOutline | undefined {
  const service = cluster.service(key);
  const decisions = cluster.decisionsOf(key);
  if (service === undefined || decisions === undefined) {
    return undefined;
  }
  const endpoints = byPortAndTraffic(decisions);
  const frontEnds = decisions.flatMap((decision): readonly ServedFrontEnd[] => {
    const id = decision.about === 'front end' ? idOf(decision) : undefined;
    if (decision.about !== 'front end' || id === undefined) {
      return [];
    }
    const port = portOf(service, decision);
    const ofPort =
      port === undefined ? undefined : endpoints.get(port)?.[trafficOf(decision.frontEnd)];
    const ofFamily = (ofPort ?? []).filter(
      ({ endpoint }) => endpoint.address.family === id.address.family,
    );
    const { kind } = decision.frontEnd;
    return [{ id, kind, fate: decision.fate, port, endpoints: ofFamily }];
  });
  const marked = markedOf(service, decisions, endpoints);
  return { service, key, decisions, frontEnds: [...frontEnds, ...marked] };
}

/** The virtual servers for marks: the endpoints are those of the first port, at whichever port. */
function markedOf(
  { ports: [first] }: Service,
  decisions: readonly Decision[],
  endpoints: ReadonlyMap<ServicePort, ByTraffic>,
): readonly ServedFrontEnd[] {
  return marksOf(decisions).map(({ id, traffic, addresses }) => {
    const ofFirst = first && endpoints.get(first);
    const ofTraffic = ofFirst?.[traffic] ?? [];
    return {
      ...{ id, addresses, kind: 'port ranges', fate: { kind: 'served' }, port: undefined },
      endpoints: ofTraffic
        .filter(({ endpoint }) => endpoint.address.family === id.family)
        .map((decision) =>
          decision.targetPort === undefined ? decision : { ...decision, targetPort: anyPort },
        ),
    };
  });
}

type ByTraffic = Record<'internal' | 'external', EndpointDecision[]>;

function byPortAndTraffic(decisions: readonly Decision[]): ReadonlyMap<ServicePort, ByTraffic> {
  const found = new Map<ServicePort, ByTraffic>();
  for (const decision of decisions) {
    if (decision.about === 'endpoint') {
      const ofPort = found.get(decision.port) ?? { internal: [], external: [] };
      found.set(decision.port, ofPort);
      ofPort[decision.traffic].push(decision);
    }
  }
  return found;
}

/** The virtual server of a front end; undefined where none comes of it. */
function idOf({
  protocol,
  frontEnd,
  fate,
}: FrontEndDecision): Extract<VirtualServerId, { readonly kind: 'address' }> | undefined {
  const isServed = fate.kind === 'served' || fate.kind === 'claimed by an older Service';
  if (!isServed || !('address' in frontEnd)) {
    return undefined;
  }
  const { address, port } = frontEnd;
  return { kind: 'address', protocol, address, port };
}

function portOf(
  { ports }: Service,
  { protocol, frontEnd: { kind, port: number } }: FrontEndDecision,
): ServicePort | undefined {
  return ports.find(
    (port) =>
      port.protocol === protocol && (kind === 'node port' ? port.nodePort : port.port) === number,
  );
}
